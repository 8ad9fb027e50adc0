"use strict";
// Draws a report from the data in the page: the data made ready, what the reader has chosen, words and scales, what all
// charts share, the kinds of chart, and last the page, put together out of them. D3 is the only library.

// ---- The data ------------------------------------------------------------------------------------------------------

const report = JSON.parse(d3.select("#data").text());

const runs = report.runs.map((run, index) => {
  const twin = report.runs.some(other => other !== run && other.name === run.name);
  return { ...run, index, on: true, steps: run.flow.steps, depth: run.layers.length, hue: `run-${index % 8}`,
           label: twin && run.seed !== undefined ? `${run.name}, seed ${run.seed}` : run.name };
});
const depth = d3.max(runs, run => run.depth);

// A run that diverged has fewer steps than the others: the slider has those of all.
const steps = [...new Set(runs.flatMap(run => run.steps))].sort(d3.ascending);
const epochs = runs.flatMap(run => run.epochs?.step ?? []);
const lastStep = Math.max(d3.max(steps), d3.max(epochs) ?? 0, 1);

const at = (run, quantity, record, layer) => run.flow[quantity]?.[record]?.[layer] ?? null;

/// Every number of a quantity, of one layer or of all.
const numbers = (some, quantity, layer) => some.flatMap(run => run.steps.flatMap((_, record) =>
  d3.range(run.depth).filter(l => layer === undefined || l === layer).map(l => at(run, quantity, record, l))))
  .filter(value => value !== null);

const has = quantity => runs.some(run => run.flow[quantity]?.some(row => row?.some(value => value !== null)));

// ---- What the reader has chosen ------------------------------------------------------------------------------------

const chosen = { step: 0, layer: 0, quantity: "delta_norm", lines: "runs" };

const shown = () => runs.filter(run => run.on);

/// What a run had last recorded at the chosen step: its end, where it ended before.
const recordOf = run => d3.bisectRight(run.steps, steps[chosen.step]) - 1;

// ---- Words ---------------------------------------------------------------------------------------------------------

const names = {
  delta_norm: "‖dL/dz‖", weight_gradient_norm: "‖dL/dW‖", bias_gradient_norm: "‖dL/db‖", factor: "factor",
  slope_factor: "the slopes’ part", weight_factor: "the weights’ part", saturated: "saturated", dead: "dead",
  numerically_dead: "numerically dead", spread: "spread", update_ratio: "‖ΔW‖ / ‖W‖", slope_mean: "mean slope",
  activation_mean: "mean", activation_deviation: "deviation", train_loss: "training loss",
  validation_loss: "validation loss", metric: "metric", theory: "theory",
};

function layerName(layer, layers = runs.every(run => run.depth === depth) ? depth : 0) {
  if (layer === 0) return layers === 1 ? "layer 0 (the only one)" : "layer 0 (first)";
  return `layer ${layer}${layer === layers - 1 ? " (output)" : ""}`;
}

/// What a point says when the mouse or the keyboard comes to it; with all digits that the data has.
function describe({ run, layer, step, quantity }, value) {
  const where = [runs[run].label];
  if (layer !== undefined) where.push(layerName(layer, runs[run].depth));
  if (step !== undefined) where.push(`step ${step}`);
  return `${where.join(", ")}: ${names[quantity]} ${value === null ? "is not a finite number" : value}`;
}

const superscript = n => String(n).replace(/./g, c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");
const power = value => `10${superscript(Math.round(Math.log10(value)))}`;

/// A number for a sentence: two digits.
function brief(value) {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 1e5) ? value.toExponential(1) : String(+value.toPrecision(2));
}

/// What is left at the first layer of the gradient at the output, and what that means. null: not a number.
function gradientLeft(run, record) {
  const first = at(run, "delta_norm", record, 0), output = at(run, "delta_norm", record, run.depth - 1);
  return first === null || output === null || output === 0 ? null : first / output;
}
const verdict = left => left === null ? "unknown" : left < 1e-2 ? "vanishing" : left > 1e2 ? "exploding" : "healthy";

function sentence(run) {
  if (run.depth === 1) return "one layer, which is the output: the gradient has no way to go.";
  const end = run.steps.length - 1, start = gradientLeft(run, 0), left = gradientLeft(run, end);
  const rarity = start > 0 ? `, one part in ${d3.format(",.2r")(1 / start)}` : "";
  const words = {
    unknown: "the gradient is not a finite number, or nothing at all, at the start.",
    vanishing: `of the gradient at the output, ${brief(start)} is left at the first layer${rarity}: the first layers `
      + (verdict(left) === "vanishing" ? "cannot learn." : "cannot learn at the start."),
    exploding: `the gradient at the first layer is ${brief(start)} times that at the output: it explodes.`,
    healthy: `of the gradient at the output, ${brief(start)} is left at the first layer: every layer gets its share.`,
  }[verdict(start)];
  const change = left !== null && verdict(left) !== verdict(start)
    ? ` At the end, step ${run.steps[end]}, it is ${brief(left)}: ${verdict(left)}.` : "";
  return words + change;
}

// ---- Scales --------------------------------------------------------------------------------------------------------

/// Recorded steps are log-spaced, and so is the axis: log(step + 1), which has a place for step 0.
const stepScale = range => d3.scaleSymlog([0, lastStep], range);
const stepTicks = width => [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((t, i) =>
  t <= lastStep && (t < 2 || width > 180 || i % 2 === 1));

/// From the output to the first layer, the way the gradient goes.
const layerScale = range => d3.scaleLinear([Math.max(depth - 1, 0.5), depth > 1 ? 0 : -0.5], range);

/// Ticks of whole numbers, at most so many; both ends always.
function wholeTicks(last, most) {
  const stride = Math.max(1, Math.ceil((last + 1) / most));
  return d3.range(0, last, stride).filter(t => t === 0 || last - t >= stride).concat(last);
}

/// A log axis has no place for 0, and yet a gradient of exactly 0 must be seen: it is drawn at the foot, marked "0".
/// What lies absurdly high, as just before a run diverged, goes to the top edge, so that the rest keeps its shape.
function logScale(values, range, reference = []) {
  const positive = values.filter(v => v > 0).sort(d3.ascending);
  const all = positive.length ? [...positive, ...reference] : [0.1, 1];
  let low = d3.min(all), high = Math.min(d3.max(all), 1e9 * d3.median(all));
  [low, high] = d3.scaleLog([Math.min(low, high / 2), Math.max(high, low * 2)], [0, 1]).nice().domain();
  const zero = values.some(v => v === 0), decades = Math.log10(high / low);
  if (zero) low /= 10 ** Math.max(0.3, decades / 8);
  const log = d3.scaleLog([low, high], range).clamp(true), scale = v => v > 0 ? log(v) : range[0];
  const stride = Math.ceil(decades / 6), top = Math.round(Math.log10(high));
  const ticks = decades < 1.5 ? d3.merge([high / 10, high / 100].map(d => [1, 2, 5].map(m => m * d))).concat(high)
    : d3.range(0, decades + 0.5, stride).map(d => 10 ** (top - d));
  scale.ticks = ticks.filter(t => t >= low * (zero ? 1.5 : 0.999)).map(t =>
    ({ at: t, text: decades < 4 && t < 1e3 && t > 1e-4 ? String(+t.toPrecision(1)) : power(t) }));
  if (zero) scale.ticks.push({ at: 0, text: "0" });
  return scale;
}

function linearScale(values, range, reference = []) {
  const [low, high] = d3.extent([...values, ...reference]);
  const linear = d3.scaleLinear(low < high ? [low, high] : [(low ?? 0) - 1, (high ?? 0) + 1], range).nice().clamp(true);
  const scale = v => linear(v), format = linear.tickFormat(5);
  scale.ticks = linear.ticks(5).map(t => ({ at: t, text: format(t) }));
  scale.domain = linear.domain();
  return scale;
}

// ---- What all charts share: a title, a table, a cursor for mouse and keyboard --------------------------------------

const charts = [], tooltip = d3.select("#tooltip");

/// A chart says what it shows in `draw`, which returns rows of marks: { px, py, text, box? }, the places that mouse and
/// arrow keys can come to, and in `table`, { head, rows }. `follows`: it is drawn anew when the slider moves.
class Chart {
  constructor(parent, what) {
    Object.assign(this, { height: 220, margin: { top: 26, right: 14, bottom: 40, left: 48 }, shown: () => true }, what);
    this.figure = parent.append("figure").attr("class", this.hue ?? null);
    const caption = this.figure.append("figcaption");
    this.heading = caption.append("h3");
    this.button = caption.append("button").attr("type", "button").attr("class", "show-table")
      .attr("aria-expanded", false).text("table").on("click", () => this.toggleTable());
    this.help = caption.append("p").attr("class", "help");
    this.svg = this.figure.append("svg").attr("class", "chart").attr("tabindex", 0).attr("role", "application")
      .attr("aria-roledescription", "chart").attr("height", this.height);
    this.box = this.figure.append("div").attr("class", "table").attr("hidden", true);
    this.position = { row: 0, column: 0 };
    this.svg.on("mousemove", () => this.show(this.nearest()))
      .on("mouseleave blur", () => this.show(null))
      .on("focus", () => { if (this.svg.node().matches(":focus-visible")) this.go(0, 0); })
      .on("click", () => this.choose(this.nearest()))
      .on("keydown", () => this.key());
    charts.push(this);
  }

  redraw() {
    const visible = this.shown();
    this.figure.attr("hidden", visible ? null : true);
    if (!visible) return;
    const title = typeof this.title === "function" ? this.title() : this.title;
    this.heading.text(title);
    this.button.attr("aria-label", `table of ${title}`);
    this.help.text((typeof this.note === "function" ? this.note() : this.note) ?? "");
    this.svg.attr("aria-label", `${title}. Arrow keys read the values.`);
    this.width = this.figure.node().clientWidth;
    this.svg.selectAll("*").remove();
    this.left = this.margin.left, this.right = this.width - this.margin.right;
    this.top = this.margin.top, this.bottom = this.height - this.margin.bottom;
    this.rows = this.draw(this.svg).filter(row => row.length);
    this.cursor = this.svg.append("g");
    this.markStep();
    this.fillTable();
  }

  /// The chosen step, as a line over every axis of steps.
  markStep() {
    if (!this.stepAxis) return;
    const x = stepScale([this.left, this.right])(steps[chosen.step]);
    this.svg.selectAll(".under, .at-step").attr("x1", x).attr("x2", x);
  }
  drawStepMark() {
    this.stepAxis = true;
    for (const kind of ["under", "at-step"])
      this.svg.append("line").attr("class", kind).attr("y1", this.top - 4).attr("y2", this.bottom + 4);
  }

  axes({ x, y, xTicks, xLabel, yLabel }) {
    const { svg, left, right, top, bottom } = this;
    for (const { at, text } of y.ticks) {
      svg.append("line").attr("class", "grid-line").attr("x1", left).attr("x2", right).attr("y1", y(at)).attr("y2", y(at));
      svg.append("text").attr("x", left - 6).attr("y", y(at)).attr("dy", ".35em").attr("text-anchor", "end").text(text);
    }
    svg.append("line").attr("class", "axis-line").attr("x1", left).attr("x2", right).attr("y1", bottom).attr("y2", bottom);
    for (const { at, text } of xTicks) {
      svg.append("line").attr("class", "axis-line").attr("x1", x(at)).attr("x2", x(at)).attr("y1", bottom).attr("y2", bottom + 4);
      svg.append("text").attr("x", x(at)).attr("y", bottom + 16).attr("text-anchor", "middle").text(text);
    }
    svg.append("text").attr("class", "strong").attr("x", 0).attr("y", 12).text(yLabel);
    svg.append("text").attr("class", "strong").attr("x", (left + right) / 2).attr("y", this.height - 6)
      .attr("text-anchor", "middle").text(xLabel);
  }

  nearest() {
    const [x, y] = d3.mouse(this.svg.node()), under = d3.select(d3.event.target).datum();
    if (under?.px !== undefined) return under;
    return d3.merge(this.rows ?? []).reduce((best, mark) => {
      const distance = Math.hypot(mark.px - x, mark.py - y);
      return distance < (best?.distance ?? 60) ? { ...mark, distance } : best;
    }, null);
  }

  key() {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e9],
                   End: [0, 1e9] }[d3.event.key];
    if (d3.event.key === "Escape") this.show(null);
    if (d3.event.key === "Enter" && this.rows.length) this.choose(this.rows[this.position.row][this.position.column]);
    if (!move) return;
    d3.event.preventDefault();
    this.go(...move);
  }

  /// Along a row by order; to another row, to its mark that is nearest.
  go(down, along) {
    if (!this.rows?.length) return;
    const clamp = (i, list) => Math.max(0, Math.min(list.length - 1, i));
    const row = clamp(this.position.row, this.rows), column = clamp(this.position.column, this.rows[row]);
    const here = this.rows[row][column];
    this.position.row = clamp(row + down, this.rows);
    const there = this.rows[this.position.row];
    this.position.column = down ? d3.scan(there, (a, b) => Math.abs(a.px - here.px) - Math.abs(b.px - here.px))
      : clamp(column + along, there);
    const mark = there[this.position.column];
    this.show(mark);
    d3.select("#announce").text(mark.text);
  }

  show(mark) {
    tooltip.attr("hidden", mark ? null : true);
    this.cursor?.selectAll("*").remove();
    if (!mark) return;
    for (const kind of ["cursor-under", "cursor"]) {
      if (mark.box) {
        const [x, y, width, height] = mark.box;
        this.cursor.append("rect").attr("class", kind).attr("x", x).attr("y", y).attr("width", width).attr("height", height);
      } else {
        this.cursor.append("circle").attr("class", kind).attr("cx", mark.px).attr("cy", mark.py).attr("r", 7);
      }
    }
    tooltip.text(mark.text);
    const svg = this.svg.node().getBoundingClientRect(), { width, height } = tooltip.node().getBoundingClientRect();
    const x = Math.min(svg.left + mark.px + 14, document.documentElement.clientWidth - width - 4);
    const above = svg.top + mark.py - height - 14;
    tooltip.style("left", `${Math.max(4, x)}px`).style("top", `${above > 4 ? above : svg.top + mark.py + 18}px`);
  }

  choose(mark) {
    if (mark?.data?.layer !== undefined) setLayer(mark.data.layer);
    if (mark?.data?.step !== undefined) setStep(d3.bisectRight(steps, mark.data.step) - 1);
  }

  toggleTable() {
    const open = this.box.attr("hidden") === null;
    this.box.attr("hidden", open ? true : null);
    this.button.attr("aria-expanded", !open);
    this.fillTable();
  }
  fillTable() {
    if (this.box.attr("hidden") === null) fillTable(this.box, this.heading.text(), this.table());
  }
}

/// A cell is a text, a number, or a mark's { y, data }. The number goes into an attribute as well, with all its digits.
function fillTable(box, title, { head, rows }) {
  box.attr("tabindex", 0).attr("role", "region").attr("aria-label", `Numbers of ${title}`).selectAll("*").remove();
  const table = box.append("table");
  table.append("caption").attr("class", "unseen").text(title);
  table.append("thead").append("tr").selectAll("th").data(head).enter().append("th").attr("scope", "col").text(d => d);
  table.append("tbody").selectAll("tr").data(rows).enter().append("tr").selectAll("td").data(row => row).enter()
    .append((_, i) => document.createElement(i ? "td" : "th"))
    .each(function (cell, i) {
      const value = cell?.data ? cell.y : cell;
      if (!i) this.scope = "row";
      this.textContent = value ?? "–";
      if (i && typeof value === "number") this.dataset.value = value;
      Object.assign(this.dataset, cell?.data);
    });
}

// ---- Lines ---------------------------------------------------------------------------------------------------------

const dashes = ["", "9 4", "2 3", "9 3 2 3", "14 4", "5 3", "1 3", "12 3 2 3 2 3"];
const symbols = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross, d3.symbolStar,
                 d3.symbolWye];
const symbol = (index, size = 50) => d3.symbol().type(symbols[index % symbols.length]).size(size)();

/// A chart of lines over layers or steps. `series()` returns [{ label, run, points: [{ x, y, data }] }]; a point may
/// have a band, low to high. `values()`: the numbers that the y axis makes room for, also those that are not drawn now,
/// so that the axis stays while the slider moves.
function lineChart(parent, what) {
  return new Chart(parent, {
    ...what,
    draw(svg) {
      const series = this.series(), overSteps = this.over === "step";
      const labelled = this.labels && this.width > 600;
      if (labelled) this.right -= 130;
      const x = (overSteps ? stepScale : layerScale)([this.left, this.right]);
      const y = (this.log ? logScale : linearScale)(this.values(), [this.bottom, this.top], this.include);
      this.axes({
        x, y, yLabel: this.yLabel,
        xLabel: overSteps ? "step" : "layer, from the output back to the first →",
        xTicks: overSteps ? stepTicks(this.width).map(t => ({ at: t, text: t < 1e4 ? t : power(t) }))
          : wholeTicks(depth - 1, this.width / 34).map(t => ({ at: t, text: t })),
      });
      if (this.reference !== undefined)
        svg.append("line").attr("class", "reference").attr("x1", this.left).attr("x2", this.right)
          .attr("y1", y(this.reference)).attr("y2", y(this.reference));
      if (overSteps) this.drawStepMark();
      const line = d3.line().defined(p => p.y !== null).x(p => x(p.x)).y(p => y(p.y));
      const band = d3.area().x(p => x(p.x)).y0(p => y(p.low)).y1(p => y(p.high));
      const marks = series.map(({ label, run, points, theory, style }) => {
        const group = svg.append("g").attr("class", run.hue);
        for (const [name, value] of Object.entries(style ?? {})) group.style(name, value);
        if (theory && points[0]?.low !== undefined) group.append("path").attr("class", "band").attr("d", band(points));
        group.append("path").attr("class", theory ? "theory" : "line").attr("d", line(points))
          .attr("stroke-dasharray", theory || style ? null : dashes[run.index % 8]);
        const drawn = points.filter(p => p.y !== null), every = Math.ceil(drawn.length / (overSteps ? 8 : 40));
        if (!theory && !style)
          group.selectAll(".marker").data(drawn.filter((_, i) => i % every === 0)).enter().append("path")
            .attr("class", "marker").attr("d", symbol(run.index))
            .attr("transform", p => `translate(${x(p.x)},${y(p.y)})`);
        return drawn.map(p => ({ ...p, px: x(p.x), py: y(p.y), label, run,
                                 text: p.text ?? describe(p.data, p.y) })).sort((a, b) => a.px - b.px);
      });
      if (labelled) this.drawLabels(marks.filter((row, i) => row.length && !series[i].theory).map(row => row[row.length - 1]));
      return marks;
    },
    /// The name of each line at its end, moved apart where they would overlap.
    drawLabels(ends) {
      let free = 0;
      for (const { px, py, label, run } of ends.sort((a, b) => a.py - b.py)) {
        free = Math.max(free, py);
        this.svg.append("text").attr("class", run.hue).style("fill", "var(--run)").style("font-weight", 600)
          .attr("x", px + 12).attr("y", free).attr("dy", ".35em").text(label);
        free += 15;
      }
    },
    table() {
      const series = this.series(), over = [...new Set(series.flatMap(s => s.points.map(p => p.x)))].sort(d3.ascending);
      return { head: [this.over, ...series.map(s => s.label)],
               rows: over.map(x => [x, ...series.map(s => s.points.find(p => p.x === x) ?? null)]) };
    },
  });
}

/// A quantity over the layers of each run, at the chosen step.
function measured(quantity) {
  return shown().filter(run => run.flow[quantity] && recordOf(run) >= 0).map(run => {
    const record = recordOf(run), step = run.steps[record];
    return { run, label: step === steps[chosen.step] ? run.label : `${run.label}, step ${step}`,
             points: d3.range(run.depth).map(layer => ({ x: layer, y: at(run, quantity, record, layer),
                                                         data: { run: run.index, layer, step, quantity } })) };
  });
}

function theoryPoint(run, layer, y, more) {
  return { x: layer, y, ...more, data: { run: run.index, layer, quantity: "theory" } };
}

/// What theory expects of the start: the norm at the output times the factors from there back to a layer; the band has
/// two deviations to either side.
function predictedNorms() {
  return shown().filter(run => run.theory?.factor && run.steps[0] === 0).map(run => {
    const output = run.depth - 1, points = [];
    let norm = at(run, "delta_norm", 0, output), variance = 0;
    for (let layer = output; layer >= 0 && norm !== null; --layer) {
      if (layer < output) {
        const factor = run.theory.factor[layer] ?? null;
        norm = factor === null ? null : norm * factor;
        variance += (run.theory.deviation?.[layer] ?? 0) ** 2;
      }
      const width = Math.exp(2 * Math.sqrt(variance));
      if (norm !== null) points.push(theoryPoint(run, layer, norm, { low: norm / width, high: norm * width }));
    }
    return { run, theory: true, label: `theory of ${run.label}`, points };
  });
}
function predictedFactors() {
  return shown().filter(run => run.theory?.factor).map(run => ({
    run, theory: true, label: `theory of ${run.label}`,
    points: run.theory.factor.map((factor, layer) => theoryPoint(run, layer, factor ?? null)),
  }));
}

/// A quantity of one layer over the recorded steps.
function overSteps(run, quantity, layer, more) {
  return { run, label: run.label, ...more, points: run.steps.map((step, record) =>
    ({ x: step, y: at(run, quantity, record, layer), data: { run: run.index, layer, step, quantity } })) };
}

// ---- Heat maps -----------------------------------------------------------------------------------------------------

/// One scale for all runs, shown or not: a colour means the same everywhere and always. It spans at least five decades,
/// so that a healthy run does not look half dead for a factor of ten.
function colours() {
  const quantity = chosen.quantity, positive = numbers(runs, quantity).filter(v => v > 0);
  const output = d3.max(runs, run => at(run, quantity, 0, run.depth - 1)) || d3.max(positive) || 1;
  const high = Math.min(d3.max(positive) ?? output, 1e4 * output);
  const low = Math.min(1e-5 * high, Math.max(d3.min(positive) ?? 0, 1e-12 * high));
  return { output, low, high, scale: d3.scaleSequentialLog([low, high], d3.interpolateViridis).clamp(true) };
}

function drawLegend() {
  const { low, high, output, scale } = colours(), width = 340, pieces = 68;
  const svg = d3.select("#legend").html("").append("svg").attr("viewBox", `0 0 ${width} 50`).attr("role", "img")
    .attr("aria-label", `Colours: dark is ${brief(low)} or less, dead; bright is ${brief(high)}, alive.`);
  const x = d3.scaleLog([low, high], [10, width - 10]);
  svg.selectAll("rect").data(d3.range(pieces)).enter().append("rect").attr("y", 16).attr("height", 12)
    .attr("x", i => 10 + i * (width - 20) / pieces).attr("width", (width - 20) / pieces + 0.5)
    .attr("fill", i => scale(x.invert(10 + (i + 0.5) * (width - 20) / pieces)));
  const first = Math.ceil(Math.log10(low)), last = Math.floor(Math.log10(high) + 1e-9);
  for (const e of d3.range(first, last + 1, Math.ceil((last - first + 1) / 8)))
    svg.append("text").attr("x", x(10 ** e)).attr("y", 43).attr("text-anchor", "middle").text(power(10 ** e));
  const words = [["dead", 10, "start"]];
  if (high > 100 * output) words.push(["alive", x(output), "middle"], ["exploding", width - 10, "end"]);
  else words.push(["alive", width - 10, "end"]);
  for (const [word, at, anchor] of words)
    svg.append("text").attr("class", "strong").attr("x", at).attr("y", 11).attr("text-anchor", anchor).text(word);
}

function heatMap(parent, run) {
  new Chart(parent, {
    hue: run.hue, height: Math.max(150, Math.min(420, 22 * depth + 66)), shown: () => run.on && run.flow[chosen.quantity],
    margin: { top: 26, right: 6, bottom: 40, left: 62 },
    title: () => `${run.label}: ${names[chosen.quantity]}, layer by layer`,
    draw(svg) {
      const { scale } = colours(), x = stepScale([this.left, this.right]), quantity = chosen.quantity;
      const y = d3.scaleLinear([-0.5, depth - 0.5], [this.bottom, this.top]), tall = y(0) - y(1);
      const place = run.steps.map(x), half = i => (place[i + 1] - place[i]) / 2;
      const end = run.steps.length - 1;
      // A step's cells reach half way to its neighbours.
      const from = i => i > 0 ? place[i] - half(i - 1) : this.left;
      const to = i => i < end ? place[i] + half(i) : Math.min(this.right, end > 0 ? place[i] + half(i - 1) : this.right);
      const ticks = wholeTicks(run.depth - 1, (this.bottom - this.top) / 18);
      for (const layer of ticks)
        svg.append("text").attr("x", this.left - 6).attr("y", y(layer)).attr("dy", ".35em").attr("text-anchor", "end")
          .text(layer === run.depth - 1 ? `output ${layer}` : layer === 0 ? "first 0" : layer);
      svg.append("text").attr("class", "strong").attr("y", 12).text("layer");
      for (const t of stepTicks(this.width))
        svg.append("text").attr("x", x(t)).attr("y", this.bottom + 16).attr("text-anchor", "middle").text(t < 1e4 ? t : power(t));
      svg.append("text").attr("class", "strong").attr("x", (this.left + this.right) / 2).attr("y", this.height - 6)
        .attr("text-anchor", "middle").text("step (log scale)");
      const rows = d3.range(run.depth - 1, -1, -1).map(layer => run.steps.map((step, record) => {
        const value = at(run, quantity, record, layer), data = { run: run.index, layer, step, quantity };
        return { y: value, data, px: place[record], py: y(layer), text: describe(data, value),
                 box: [from(record), y(layer) - tall / 2, Math.max(1, to(record) - from(record)), tall] };
      }));
      svg.append("g").selectAll("rect").data(d3.merge(rows)).enter().append("rect").attr("class", m => m.y === null ? "nothing" : "cell")
        .attr("fill", m => m.y === null ? null : scale(m.y)).attr("shape-rendering", "crispEdges")
        .each(function ({ box, y, data }) {
          ["x", "y", "width", "height"].forEach((name, i) => this.setAttribute(name, box[i]));
          Object.assign(this.dataset, data, y === null ? {} : { value: y });
        });
      svg.append("rect").attr("class", "frame").attr("x", this.left).attr("y", y(run.depth - 0.5))
        .attr("width", this.right - this.left).attr("height", this.bottom - y(run.depth - 0.5));
      this.drawStepMark();
      return rows;
    },
    table() {
      const layers = d3.range(run.depth), quantity = chosen.quantity;
      return { head: ["step", ...layers.map(layer => layerName(layer, run.depth))],
               rows: run.steps.map((step, record) => [step, ...layers.map(layer =>
                 ({ y: at(run, quantity, record, layer), data: { run: run.index, layer, step, quantity } }))]) };
    },
  });
}

// ---- Inside a layer ------------------------------------------------------------------------------------------------

const percent = d3.format(".3~p");

/// The bins of a histogram as { low, high, share }, at the chosen step; per mille in the data.
function bins(run, quantity, span) {
  const counts = run.flow[quantity]?.[recordOf(run)]?.[chosen.layer];
  if (!counts || !span) return [];
  const width = (span.high - span.low) / counts.length;
  return counts.map((count, i) => ({ low: span.low + i * width, high: span.low + (i + 1) * width, share: count / 1000 }));
}

/// The largest share that any shown run has in the chosen layer at any step: an axis that stays as the slider moves.
const largestShare = quantity => d3.max(shown(), run => d3.max(run.flow[quantity] ?? [], row => d3.max(row?.[chosen.layer] ?? []))) / 1000 || 1;

function drawBars(svg, all, x, y, unit) {
  const round = v => +v.toPrecision(6);
  svg.append("g").selectAll("rect").data(all).enter().append("rect").attr("class", "bar")
    .attr("x", b => x(b.low) + 0.5).attr("width", b => Math.max(1, x(b.high) - x(b.low) - 1))
    .attr("y", b => y(b.share)).attr("height", b => y(0) - y(b.share));
  return all.map(b => ({ px: x((b.low + b.high) / 2), py: y(b.share),
                         text: `${unit} from ${round(b.low)} to ${round(b.high)}: ${percent(b.share)} of the units` }));
}
const binRows = all => ({ head: ["from", "to", "share"], rows: all.map(b => [String(+b.low.toPrecision(6)), +b.high.toPrecision(6), b.share]) });
const tickTexts = (scale, count) => scale.ticks(count).map(t => ({ at: t, text: scale.tickFormat(count)(t) }));

function slopeChart(parent, run) {
  const all = () => bins(run, "slope_histogram", run.slope_bins?.[chosen.layer]);
  new Chart(parent, {
    hue: run.hue, follows: true, height: 190, shown: () => run.on && all().length,
    title: () => `${run.label}, ${layerName(chosen.layer, run.depth)}: slopes`,
    note: "by what the units multiply the gradient", table: () => binRows(all()),
    draw(svg) {
      const { low, high } = run.slope_bins[chosen.layer], x = d3.scaleLinear([low, high], [this.left, this.right]);
      const y = linearScale([0, largestShare("slope_histogram")], [this.bottom, this.top]);
      y.ticks = y.ticks.map(({ at }) => ({ at, text: percent(at) }));
      this.axes({ x, y, xTicks: tickTexts(x, 5), xLabel: "slope f′(z)", yLabel: "share of the units" });
      return [drawBars(svg, all(), x, y, "slope")];
    },
  });
}

function curveChart(parent, run) {
  const span = report.z_bins ?? { low: -10, high: 10 }, all = () => bins(run, "z_histogram", span);
  const activation = () => run.layers[chosen.layer]?.activation;
  const curve = () => report.activations?.[activation()];
  new Chart(parent, {
    hue: run.hue, follows: true, height: 240, shown: () => run.on && chosen.layer < run.depth && (all().length || curve()),
    margin: { top: 26, right: 44, bottom: 40, left: 48 },
    title: () => `${run.label}, ${layerName(chosen.layer, run.depth)}: ${activation() ?? "z"}`,
    note: () => curve() ? "solid: f; dashed: its slope f′; bars: the units’ z, what lies beyond in the outermost" : "the units’ z",
    table() {
      const { z = [], value = [], slope = [] } = curve() ?? {}, rows = binRows(all()).rows;
      return { head: ["z", "f(z)", "f′(z)", "bin from", "bin to", "share of the units"],
               rows: d3.range(Math.max(z.length, rows.length)).map(i =>
                 [String(z[i] ?? ""), value[i] ?? null, slope[i] ?? null, ...(rows[i] ?? [null, null, null])]) };
    },
    draw(svg) {
      const { z = [], value = [], slope = [] } = curve() ?? {}, range = [this.bottom, this.top];
      const x = d3.scaleLinear([span.low, span.high], [this.left, this.right]);
      // relu goes up to 10: the axis ends where the curve's shape near 0 can still be seen.
      const y = linearScale([...value, ...slope].filter(v => v !== null).map(v => Math.max(-1.5, Math.min(2, v))), range, [0, 1]);
      this.axes({ x, y, xTicks: tickTexts(x, 5), xLabel: "z", yLabel: "f, f′" });
      const share = d3.scaleLinear([0, largestShare("z_histogram")], range).nice();
      svg.append("text").attr("class", "strong").attr("x", this.width).attr("y", 12).attr("text-anchor", "end").text("share of the units");
      for (const t of share.ticks(4))
        svg.append("text").attr("x", this.right + 6).attr("y", share(t)).attr("dy", ".35em").text(percent(t));
      const marks = [drawBars(svg, all(), x, share, "z")], [low, high] = y.domain;
      for (const [values, kind, name] of [[value, "value-line", "f"], [slope, "slope-line", "f′"]]) {
        const points = z.map((at, i) => ({ z: at, v: values[i] ?? null })).filter(p => p.v >= low && p.v <= high && p.v !== null);
        svg.append("path").attr("class", kind).attr("d", d3.line().x(p => x(p.z)).y(p => y(p.v))(points));
        marks.push(points.map(p => ({ px: x(p.z), py: y(p.v), text: `${name}(${p.z}) = ${p.v}` })));
      }
      return marks;
    },
  });
}

// ---- Decision boundary ---------------------------------------------------------------------------------------------

function boundaryChart(parent, run) {
  const { low, high, columns, rows, values } = run.boundary, several = d3.max(values) > 1;
  const colour = several ? v => d3.schemeSet2[Math.round(v) % 8] : v => d3.interpolatePuOr(0.15 + 0.7 * v);
  const where = i => [low[0] + (high[0] - low[0]) * (i % columns) / (columns - 1),
                      low[1] + (high[1] - low[1]) * Math.floor(i / columns) / (rows - 1)].map(v => +v.toPrecision(4));
  const { x: px = [], y: py = [], class: classes = [] } = report.points ?? {};
  new Chart(parent, {
    hue: run.hue, height: 320, shown: () => run.on, title: `${run.label}: what it answers where`,
    note: several ? "colour: the class; points: the data" : "orange: class 0; violet: class 1; pale: undecided; points: the data",
    table: () => ({ head: ["y \\ x", ...d3.range(columns).map(i => where(i)[0])],
                    rows: d3.range(rows).map(row => [String(where(row * columns)[1]), ...values.slice(row * columns, (row + 1) * columns)]) }),
    draw(svg) {
      const x = d3.scaleLinear([low[0], high[0]], [this.left, this.right]);
      const y = linearScale([], [this.bottom, this.top]), tall = d3.scaleLinear([low[1], high[1]], [this.bottom, this.top]);
      const canvas = document.createElement("canvas"), paint = canvas.getContext("2d");
      canvas.width = columns, canvas.height = rows;
      values.forEach((v, i) => {
        paint.fillStyle = v === null ? "#888" : colour(v);
        paint.fillRect(i % columns, rows - 1 - Math.floor(i / columns), 1, 1);
      });
      this.axes({ x, y: Object.assign(v => tall(v), { ticks: tickTexts(tall, 5) }), xTicks: tickTexts(x, 5), xLabel: "x₁", yLabel: "x₂" });
      svg.append("image").attr("href", canvas.toDataURL()).attr("x", this.left).attr("y", this.top)
        .attr("width", this.right - this.left).attr("height", this.bottom - this.top).attr("preserveAspectRatio", "none");
      svg.append("g").selectAll("path").data(d3.range(px.length)).enter().append("path")
        .attr("d", i => symbol(classes[i], 22)).attr("transform", i => `translate(${x(px[i])},${tall(py[i])})`)
        .attr("fill", i => several ? d3.color(colour(classes[i])).darker(1.5) : d3.interpolatePuOr(classes[i] ? 1 : 0))
        .attr("stroke", "#fff").attr("stroke-width", 0.6).style("pointer-events", "none");
      return d3.range(rows - 1, -1, -1).map(row => d3.range(columns).map(column => {
        const i = row * columns + column, [at, up] = where(i);
        return { px: x(at), py: tall(up), text: `${run.label}, x₁ ${at}, x₂ ${up}: ${values[i]}` };
      }));
    },
  });
}

// ---- The page ------------------------------------------------------------------------------------------------------

function redraw(some = () => true) {
  tooltip.attr("hidden", true);
  for (const chart of charts) if (some(chart)) chart.redraw();
  for (const run of runs) d3.select(`#card-${run.index}`).attr("hidden", run.on ? null : true);
}

function setStep(index) {
  chosen.step = Math.max(0, index);
  d3.select("#step").property("value", chosen.step).attr("aria-valuetext", `step ${steps[chosen.step]}`);
  d3.select("#step-text").text(steps[chosen.step]);
  for (const chart of charts) if (!chart.follows && chart.shown()) chart.markStep();
  redraw(chart => chart.follows);
}

function setLayer(layer) {
  chosen.layer = layer;
  d3.select("#layer").property("value", layer);
  redraw(chart => chart.follows || chart.ofLayer);
}

function buildControls() {
  const toggles = d3.select("#toggles").selectAll("button").data(runs).enter().append("button").attr("type", "button")
    .attr("class", run => `run-toggle ${run.hue}`).attr("data-run", run => run.index).attr("aria-pressed", true)
    .on("click", function (run) {
      run.on = !run.on;
      d3.select(this).attr("aria-pressed", run.on);
      redraw();
    });
  const swatch = toggles.append("svg").attr("class", "swatch").attr("aria-hidden", true);
  swatch.append("path").attr("class", "line").attr("d", "M0,7H34").attr("stroke-dasharray", run => dashes[run.index % 8]);
  swatch.append("path").attr("class", "marker").attr("d", run => symbol(run.index)).attr("transform", "translate(17,7)");
  toggles.append("span").text(run => run.label);

  d3.select("#step").attr("max", steps.length - 1).on("input", function () { setStep(+this.value); });
  const sizes = new Set(runs.map(run => JSON.stringify(run.layers.map(layer => layer.name))));
  d3.select("#layer").on("change", function () { setLayer(+this.value); }).selectAll("option").data(d3.range(depth))
    .enter().append("option").attr("value", l => l)
    .text(l => layerName(l) + (sizes.size === 1 && runs[0].layers[l].name ? `, ${runs[0].layers[l].name}` : ""));
  d3.select("#quantity").on("change", function () {
    chosen.quantity = this.value;
    drawLegend();
    redraw(chart => chart.figure.node().closest("#flow"));
  }).selectAll("option").data(["delta_norm", "weight_gradient_norm", "bias_gradient_norm"].filter(has)).enter()
    .append("option").attr("value", q => q).text(q => ({
      delta_norm: "‖dL/dz‖: what arrives at a layer", weight_gradient_norm: "‖dL/dW‖: what its weights are told",
      bias_gradient_norm: "‖dL/db‖: what its biases are told" })[q]);
  d3.select("#lines").on("change", function () { chosen.lines = this.value; redraw(chart => chart.ofLayer); });

  const dark = () => (document.documentElement.dataset.theme
    ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = d3.select("#theme").text(dark() ? "light" : "dark").attr("aria-label", "light or dark").on("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    theme.text(dark() ? "light" : "dark");
  });
}

function buildCards() {
  const cards = d3.select("#runs").selectAll("div").data(runs).enter().append("div")
    .attr("class", run => `card ${run.hue}`).attr("id", run => `card-${run.index}`);
  cards.append("h3").text(run => run.label);
  cards.append("p").attr("class", "sentence").text(run => `${run.label}: ${sentence(run)}`);
  cards.each(function (run) {
    const card = d3.select(this);
    for (const finding of run.findings ?? []) {
      const many = finding.first_layer !== finding.last_layer;
      const place = finding.first_layer === undefined || finding.healthy ? ""
        : `, layer${many ? "s" : ""} ${finding.first_layer}${many ? ` to ${finding.last_layer}` : ""}`;
      card.append("p").attr("class", "verdict").classed("healthy", finding.healthy)
        .text(`${finding.healthy ? "✓" : "✗"} ${finding.mechanism}${place}`);
      card.append("p").text(finding.text ?? "");
      if (finding.remedies?.length) {
        card.append("p").text("What helps:");
        card.append("ul").selectAll("li").data(finding.remedies).enter().append("li").text(d => d);
      }
    }
    const final = run.final ?? {}, metric = run.epochs?.metric_name ?? "metric";
    const results = [["validation loss", final.validation_loss], [`validation ${metric}`, final.validation_metric]]
      .filter(([, value]) => typeof value === "number").map(([name, value]) => `${name} ${brief(value)}`);
    const end = run.outcome && `${run.outcome}${run.steps === undefined ? "" : ` after ${report.runs[run.index].steps ?? "?"} steps`}`;
    const words = [end, run.divergence, ...results].filter(Boolean);
    if (words.length) card.append("p").attr("class", "note").text(words.join("; "));
  });
}

function buildCharts() {
  for (const run of runs) heatMap(d3.select("#heat"), run);

  lineChart(d3.select("#profile"), {
    follows: true, log: true, over: "layer", height: 360, labels: true, include: [],
    title: () => `${names[chosen.quantity]} on its way back, at step ${steps[chosen.step]}`,
    note: () => chosen.quantity === "delta_norm" && runs.some(run => run.theory)
      ? "a level line: every layer gets its share; a falling one: the gradient dies; dotted, with a band: what theory expects of the start"
      : "a level line: every layer gets its share; a falling one: the gradient dies",
    yLabel: "norm (log scale)",
    series: () => chosen.quantity === "delta_norm" ? [...measured(chosen.quantity), ...predictedNorms()] : measured(chosen.quantity),
    values: () => numbers(shown(), chosen.quantity),
  });

  const factors = [["factor", "The factor, ‖dL/dz‖ over that of the layer after"],
                   ["slope_factor", "The slopes’ part of it"], ["weight_factor", "The weights’ part of it"]];
  for (const [quantity, title] of factors.filter(([quantity]) => has(quantity)))
    lineChart(d3.select("#factors .grid"), {
      follows: true, log: true, over: "layer", title: () => `${title}, at step ${steps[chosen.step]}`,
      note: "dotted: 1, which keeps the gradient", yLabel: "factor (log scale)", include: [1], reference: 1,
      series: () => quantity === "factor" ? [...measured(quantity), ...predictedFactors()] : measured(quantity),
      values: () => numbers(shown(), quantity),
    });

  const metric = runs.find(run => run.epochs?.metric_name)?.epochs.metric_name ?? "metric";
  names.metric = metric;
  for (const [quantity, title, log] of [["train_loss", "Training loss", true], ["validation_loss", "Validation loss", true],
                                        ["metric", `Validation ${metric}`, false]]) {
    const known = run => run.epochs?.[quantity]?.some(value => value !== null);
    const values = run => (run.epochs?.[quantity] ?? []).filter(value => value !== null);
    if (runs.some(known)) lineChart(d3.select("#learning .grid"), {
      title, log, over: "step", yLabel: log ? "loss (log scale)" : metric, include: log ? [] : [0, 1],
      // An R² of minus a million must not flatten the others.
      values: () => shown().flatMap(values).map(v => log ? v : Math.max(-1, v)),
      series: () => shown().filter(known).map(run => ({ run, label: run.label, points: run.epochs.step.map((step, i) =>
        ({ x: step, y: run.epochs[quantity][i] ?? null, data: { run: run.index, step, quantity } })) })),
    });
  }

  const health = [
    { quantity: "saturated", title: "Saturated units", note: "slope near 0: they pass almost nothing back", include: [0, 1], yLabel: "share of the units" },
    { quantity: "dead", title: "Dead units", note: "slope 0 for the whole batch: they pass nothing back", include: [0, 1], yLabel: "share of the units" },
    { quantity: "numerically_dead", title: "Numerically dead units", note: "slope too small to count, for the whole batch", include: [0, 1], yLabel: "share of the units" },
    { quantity: "spread", title: "Spread over the batch", note: "near 0: the layer answers alike to every input", include: [0, 1], yLabel: "‖H − mean‖ / ‖H‖" },
    { quantity: "update_ratio", title: "Update ratio", note: "by how much a step changes the weights; dotted: 1e-3, a common rule of thumb", log: true, reference: 1e-3, include: [1e-3], yLabel: "‖ΔW‖ / ‖W‖ (log scale)" },
    { quantity: "slope_mean", title: "Mean slope", include: [0], yLabel: "mean of f′(z)" },
    { quantity: "activation_mean", title: "Mean of the activations", include: [0], yLabel: "mean" },
    { quantity: "activation_deviation", title: "Deviation of the activations", include: [], log: true, yLabel: "deviation (log scale)" },
  ];
  for (const what of health.filter(({ quantity }) => has(quantity))) {
    const parent = d3.select("#health .grid");
    lineChart(parent, {
      ...what, over: "step", ofLayer: true, shown: () => chosen.lines === "runs",
      title: () => `${what.title}, ${layerName(chosen.layer)}`,
      series: () => shown().filter(run => chosen.layer < run.depth).map(run => overSteps(run, what.quantity, chosen.layer)),
      values: () => numbers(shown(), what.quantity, chosen.layer),
    });
    for (const run of runs) lineChart(parent, {
      ...what, over: "step", ofLayer: true, shown: () => chosen.lines === "layers" && run.on, title: `${what.title}: ${run.label}`,
      note: `${what.note ? `${what.note}; ` : ""}thin, orange: the first layer; thick, blue: the output`,
      values: () => numbers(shown(), what.quantity),
      series: () => d3.range(run.depth).map(layer => overSteps(run, what.quantity, layer, {
        label: `layer ${layer}`, style: {
          "--run": `color-mix(in oklab, var(--run-1) ${100 * layer / Math.max(1, run.depth - 1)}%, var(--run-0))`,
          "stroke-width": 1 + 2 * layer / Math.max(1, run.depth - 1) } })),
    });
  }

  const inside = d3.select("#inside .grid");
  if (has("z_histogram") || report.activations) for (const run of runs) curveChart(inside, run);
  if (has("slope_histogram")) for (const run of runs) slopeChart(inside, run);
  for (const run of runs.filter(run => run.boundary)) boundaryChart(d3.select("#boundary .grid"), run);
}

function buildEnd() {
  const seeds = [...new Set(runs.map(run => run.seed).filter(seed => seed !== undefined))].join(", ");
  const rows = [...(report.settings ?? []), ["seed", seeds], ["version", report.version ?? ""]].filter(([, value]) => value !== "");
  if (rows.length) fillTable(d3.select("#settings"), "the settings", { head: ["setting", "value"], rows });
  d3.select("#thinning").text(report.thinning ? `Recorded: ${report.thinning}. The charts show what was recorded.` : "");
  d3.select("#command-row").attr("hidden", report.command ? null : true);
  d3.select("#command").text(report.command ?? "");
  d3.select("#copy").on("click", async () => {
    // Without leave to use the clipboard the text is selected instead, for the reader to copy.
    const said = await navigator.clipboard?.writeText(report.command).then(() => "copied", () => null);
    if (!said) getSelection().selectAllChildren(d3.select("#command").node());
    d3.select("#copy").text(said ?? "selected");
    d3.select("#announce").text(said ?? "selected");
  });
  if (!rows.length && !report.command && !report.thinning) d3.select("#repeat").attr("hidden", true);
}

document.title = report.title;
d3.select("#title").text(report.title);
d3.select("#subtitle").text(["Where the gradient goes", report.version].filter(Boolean).join(" · "));
buildControls();
buildCards();
buildCharts();
buildEnd();
for (const id of ["factors", "learning", "health", "inside", "boundary"])
  if (!d3.select(`#${id} figure`).node()) d3.select(`#${id}`).attr("hidden", true);
drawLegend();
redraw();
setStep(0);

let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  requestAnimationFrame(() => redraw());
});
