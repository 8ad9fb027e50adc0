"use strict";
// The code that all pages share: data, numbers as text, scales, the chart with mouse, keys and table, and the parts
// around the charts. Each page's own script follows this one and uses it.

const $ = id => d3.select(`#${id}`);
const report = JSON.parse($("data").text());

const finite = list => (list ?? []).filter(number => number !== null);

// ---- Words

const superscript = n => String(n).replace(/./g, digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻");
const power = number => `10${superscript(Math.round(Math.log10(number)))}`;
const ordinary = size => !size || (size >= 1e-3 && size < 1e5);

/// Writes "1.5e-7" as "1.5·10⁻⁷".
function scientific(text) {
  const [digits, exponent] = text.split("e");
  return `${digits}·10${superscript(+exponent)}`;
}

/// A number for a sentence, with `precision` digits.
function brief(number, precision = 2) {
  return ordinary(Math.abs(number)) ? String(+number.toPrecision(precision))
    : scientific(number.toExponential(precision - 1));
}

// ---- Scales

// d3.scaleLinear(a) sets the range, but d3.scaleLinear(a, b) sets domain and range. To avoid mistakes, this code always
// calls .domain() and .range().

/// A scale with its ticks. A scale may also have chosen(), which returns the value that the reader has chosen. Charts
/// with this scale as x axis mark the chosen value.
const ticked = (scale, ticks, text = at => at) =>
  Object.assign(x => scale(x), { marks: ticks.map(at => ({ at, text: text(at) })) });

/// -1 for a number below the axis, 1 for a number above it, else 0. Numbers outside the axis are drawn at its edge.
const beyond = ([low, high]) => number => number < low ? -1 : number > high ? 1 : 0;

/// All ticks of an axis have one format: plain numbers, or powers of ten if the largest number is huge or tiny.
function tickText(ticks, plain) {
  if (ordinary(d3.max(ticks, Math.abs))) return plain;
  return at => at ? scientific((+at.toPrecision(6)).toExponential()) : "0";
}

function linear(domain, range) {
  const scale = d3.scaleLinear().domain(domain).range(range).clamp(true), ticks = scale.ticks(5);
  return Object.assign(ticked(scale, ticks, tickText(ticks, scale.tickFormat(5))), { beyond: beyond(domain) });
}

/// A log axis has no place for 0, but the reader must see a gradient of exactly 0: it is drawn at the bottom, labelled
/// "0". Extremely large numbers, for example just before a run diverges, are drawn at the upper edge, so that the other
/// numbers keep their shape. The numbers in `include` are always inside the axis.
function logScale(values, include, [bottom, top]) {
  const positive = [...values, ...include].filter(number => number > 1e-300), zero = values.includes(0);
  let low = d3.min(positive) ?? 0.1, high = Math.min(d3.max(positive) ?? 1, 1e9 * (d3.median(positive) ?? 1));
  high = d3.max([high, ...include]);
  [low, high] = d3.scaleLog().domain([Math.min(low, high / 2), Math.max(high, low * 2)]).nice().domain();
  const decades = Math.round(Math.log10(high / low)), plain = low > 1e-4 && high < 1e4;
  const ticks = decades > 1 ? d3.range(0, decades + 1, Math.ceil(decades / 6)).map(e => high / 10 ** e)
    : [low, 2 * low, 5 * low, high];
  const foot = zero ? low / 10 ** Math.max(0.3, decades / 8) : low;
  const scale = d3.scaleLog().domain([foot, high]).range([bottom, top]).clamp(true);
  const text = at => !at || plain ? +at.toPrecision(1) : scientific(at.toExponential(0)).replace(/^1·/, "");
  return Object.assign(ticked(number => number > 0 ? scale(number) : bottom, zero ? [...ticks, 0] : ticks, text),
                       { beyond: number => zero && number === 0 ? 0 : beyond([low, high])(number) });
}

/// Rounded ends of an axis for the values. If all values are equal, the axis has room above them.
function roundDomain(values) {
  const [low = 0, high = 1] = d3.extent(values);
  return d3.scaleLinear().domain([low, high > low ? high : low + Math.max(1, Math.abs(low))]).nice().domain();
}

const linearScale = (values, include, range) => linear(roundDomain([...values, ...include]), range);

// ---- Shared by all charts

const charts = [], tooltip = $("tooltip"), announce = $("announce");

function add(parent, name, attributes = {}, text) {
  const element = parent.append(name);
  for (const key in attributes) element.attr(key, attributes[key]);
  return text === undefined ? element : element.text(text);
}

const write = (svg, x, y, kind, text) => add(svg, "text", { x, y, class: kind }, text);

/// The index of the mark with the smallest far(mark).
function closest(marks, far) {
  const all = marks.map(far);
  return all.indexOf(d3.min(all));
}

/// The data- attributes of a point { y, of }, for programs that read the page. of: run, layer, step, quantity, ...
function tags({ y, of }) {
  const all = { "data-value": y };
  for (const key in of) all[`data-${key}`] = of[key] ?? null;
  return all;
}

/// A chart. draw() returns rows of marks, which mouse and arrow keys can reach. A mark has px and py, its position. If
/// it is a cell, it also has a `box`. Its text for the reader is `text`; without `text`, describe(mark) makes it from
/// the fields `y` and `of`. table() returns { head, rows }. choose(mark) handles a click on a mark.
class Chart {
  constructor(parent, what) {
    const defaults = { height: 210, leftMargin: 48, rightMargin: 14, shown: () => true, note: "", choose() {} };
    Object.assign(this, defaults, what);
    this.figure = add(parent, "figure", { style: this.hue ?? null });
    const caption = add(this.figure, "figcaption");
    this.heading = add(caption, "h3");
    this.button = add(caption, "button", { type: "button", class: "show-table", "aria-expanded": false }, "table")
      .on("click", () => this.toggleTable());
    this.help = add(caption, "p", { class: "help" });
    this.svg = add(this.figure, "svg", { class: "chart", tabindex: 0, role: "application", height: this.height })
      .on("mouseleave blur", () => this.show(null))
      .on("focus", () => { if (this.svg.node().matches(":focus-visible")) this.go(0, 0); });
    // Only some versions of D3 pass the event to the listener, so these listeners are added without D3.
    const listen = (type, does) => this.svg.node().addEventListener(type, does);
    listen("mousemove", event => this.show(this.nearest(event)));
    listen("click", event => this.choose(this.nearest(event) ?? {}));
    listen("keydown", event => this.key(event));
    this.box = add(this.figure, "div", { class: "table", hidden: true });
    this.row = this.column = 0;
    this.rows = [];
    charts.push(this);
  }

  redraw() {
    const text = it => typeof it === "function" ? it() : it, title = text(this.title);
    this.heading.text(title);
    this.help.text(text(this.note));
    this.button.attr("aria-label", `table of ${title}`);
    this.svg.attr("aria-label", `${title}. Use the arrow keys to read the values.`).selectAll("*").remove();
    this.across = [this.leftMargin, this.width - this.rightMargin];
    this.up = [this.height - 40, 26];
    this.rows = this.draw(this.svg).filter(row => row.length);
    this.cursor = add(this.svg, "g");
    this.markChosen();
    this.fillTable();
  }

  axes(x, y, xLabel, yLabel) {
    const { svg, across: [left, right], up: [bottom] } = this;
    this.x = x;
    for (const { at, text } of y.marks) {
      if (!this.filled) add(svg, "path", { class: "grid-line", d: `M${left},${y(at)}H${right}` });
      write(svg, left - 6, y(at), "level end", text);
    }
    if (!this.filled) add(svg, "path", { class: "axis-line", d: `M${left},${bottom}H${right}` });
    for (const { at, text } of x.marks) {
      add(svg, "path", { class: "axis-line", d: `M${x(at)},${bottom}v4` });
      write(svg, x(at), bottom + 16, "middle", text);
    }
    write(svg, (left + right) / 2, this.height - 6, "strong middle", xLabel);
    write(svg, 0, 13, "strong", yLabel);
  }

  /// Marks the chosen value of the x axis by a vertical line. Calls showChosen() if the chart has this function.
  markChosen() {
    const chosen = this.x?.chosen?.();
    if (chosen === undefined) return;
    this.svg.selectAll(".chosen").remove();
    const at = this.x(chosen), group = add(this.svg, "g", { class: "chosen" });
    for (const kind of ["under", "over"]) add(group, "path", { class: kind, d: `M${at},22V${this.height - 36}` });
    this.showChosen?.(group, at);
  }

  nearest({ target, clientX, clientY }) {
    const under = d3.select(target).datum(), { left, top } = this.svg.node().getBoundingClientRect();
    if (under?.px !== undefined) return under;
    const far = mark => Math.hypot(mark.px - (clientX - left), mark.py - (clientY - top)), all = d3.merge(this.rows);
    const mark = all[closest(all, far)];
    return mark && far(mark) < 60 ? mark : null;
  }

  key(event) {
    const { key } = event, [down, along] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0],
      ArrowDown: [1, 0], Home: [0, -1e9], End: [0, 1e9] }[key] ?? [];
    if (key === "Escape") this.show(null);
    if (key === "Enter") this.choose(this.rows[this.row]?.[this.column] ?? {});
    if (down === undefined) return;
    event.preventDefault();
    this.go(down, along);
  }

  /// Moves to the next mark of the row, or to the nearest mark of another row.
  go(down, along) {
    if (!this.rows.length) return;
    const clamp = (i, list) => Math.max(0, Math.min(list.length - 1, i));
    this.row = clamp(this.row, this.rows);
    const { px } = this.rows[this.row][clamp(this.column, this.rows[this.row])], far = mark => Math.abs(mark.px - px);
    const row = this.rows[this.row = clamp(this.row + down, this.rows)];
    this.column = clamp(down ? closest(row, far) : this.column + along, row);
    this.show(row[this.column]);
    announce.text(tooltip.text());
  }

  show(mark) {
    tooltip.attr("hidden", mark ? null : true);
    this.cursor?.selectAll("*").remove();
    if (!mark) return;
    for (const kind of ["cursor under", "cursor"])
      if (mark.box) add(this.cursor, "rect", { class: kind, ...mark.box });
      else add(this.cursor, "circle", { class: kind, cx: mark.px, cy: mark.py, r: 7 });
    tooltip.text(mark.text ?? this.describe(mark));
    const chart = this.svg.node().getBoundingClientRect(), { width, height } = tooltip.node().getBoundingClientRect();
    const above = chart.top + mark.py - height - 14;
    const left = Math.min(chart.left + mark.px + 14, document.documentElement.clientWidth - width - 4);
    tooltip.style("left", `${left}px`).style("top", `${above > 4 ? above : chart.top + mark.py + 18}px`);
  }

  toggleTable() {
    const open = this.box.attr("hidden") !== null;
    this.box.attr("hidden", open ? null : true);
    this.button.attr("aria-expanded", open);
    this.fillTable();
  }
  fillTable() {
    if (this.box.attr("hidden") === null) fillTable(this.box, this.heading.text(), this.table());
  }
}

/// Fills a box with a table. A cell is a text, a number or a point. A point has a `text` if the table shows fewer
/// digits.
function fillTable(box, title, { head, rows }) {
  box.attr("tabindex", 0).attr("role", "region").attr("aria-label", `Numbers of ${title}`).html("");
  const table = add(box, "table"), top = add(add(table, "thead"), "tr"), body = add(table, "tbody");
  for (const text of head) add(top, "th", { scope: "col" }, text);
  for (const [name, ...cells] of rows) {
    const row = add(body, "tr");
    add(row, "th", { scope: "row" }, name);
    for (const cell of cells)
      if (cell?.of) add(row, "td", tags(cell), cell.text ?? cell.y ?? "–");
      else add(row, "td", { "data-value": typeof cell === "number" ? cell : null }, cell ?? "–");
  }
}

// ---- Cells and their colours

/// Draws the boxes of marks, coloured by their number; hatched if there is no number.
function drawCells(svg, rows, colour) {
  for (const cell of d3.merge(rows))
    add(svg, "rect", { class: "cell", ...cell.box, ...tags(cell),
                       fill: cell.y === null ? "url(#hatch)" : colour(cell.y) }).datum(cell);
}

/// Draws the colours of a scale from left to right. Callers add texts above the colours at y = 11, and below at y = 43.
function drawRamp(parent, x, colour, label) {
  const svg = add(parent.html(""), "svg", { viewBox: "0 0 340 50", role: "img", "aria-label": label });
  for (const left of d3.range(10, 330, 4))
    add(svg, "rect", { x: left, y: 16, width: 4.5, height: 12, fill: colour(x.invert(left + 2)) });
  return svg;
}

// ---- The page

/// Reads all widths in one go, and only if they may have changed, because reading a width makes the browser lay out the
/// page.
function redraw(some = () => true) {
  tooltip.attr("hidden", true);
  const all = charts.filter(some), visible = all.filter(chart => chart.shown());
  const moved = all.length === charts.length || visible.some(chart => !chart.width);
  for (const chart of all) chart.figure.attr("hidden", visible.includes(chart) ? null : true);
  if (moved) for (const chart of charts) chart.width = chart.figure.node().clientWidth;
  for (const chart of visible) if (chart.width) chart.redraw();
}

function select(id, options, change) {
  const element = $(id).on("change", function () { change(this.value); });
  for (const [key, text] of options) add(element, "option", { value: key }, text);
}

function buildTop(subtitle) {
  document.title = report.title;
  $("title").text(report.title);
  $("subtitle").text([subtitle, report.version].filter(Boolean).join(" · "));
  const { dataset } = document.documentElement;
  let dark = matchMedia("(prefers-color-scheme: dark)").matches;
  $("theme").on("click", () => { dataset.theme = (dark = !dark) ? "dark" : "light"; });
}

/// Fills the end of the page: settings and command. note: a sentence above the settings. more: settings that only this
/// page has.
function buildEnd(note, more = []) {
  const { settings, command, version } = report;
  const rows = [...settings ?? [], ...more, ["version", version]].filter(([, text]) => text);
  if (rows.length) fillTable($("settings"), "the settings", { head: ["setting", "value"], rows });
  if (note) $("note").text(note);
  $("command").text(command ?? "");
  $("command-row").attr("hidden", command ? null : true);
  $("copy").on("click", async () => {
    const said = await navigator.clipboard?.writeText(command).then(() => "copied", () => null);
    announce.text($("copy").text(said ?? "could not copy").text());
  });
}

/// Draws all charts as wide as the page allows, now and whenever that width changes. They are drawn in the next frame,
/// because the browser reports an error if a ResizeObserver changes the sizes that it observes.
function drawWhereThereIsRoom() {
  let room = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === room) return;
    room = contentRect.width;
    requestAnimationFrame(() => redraw());
  }).observe(document.querySelector("main"));
}
