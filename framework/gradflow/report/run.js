// The script of the report of some runs. In this order: data, choices of the reader, words, scales, kinds of chart, and
// the construction of the page.

// ---- The data

const runs = report.runs.map((run, index, all) => {
  const twin = all.some(other => other !== run && other.name === run.name);
  return { ...run, index, on: true, hue: `--run: var(--run-${index % 8})`, at: run.flow.steps, depth: run.layers.length,
           label: twin && run.seed !== undefined ? `${run.name}, seed ${run.seed}` : run.name };
});
const depth = d3.max(runs, run => run.depth);

// The slider has the steps of all runs, because a run that diverged has fewer steps than the others.
const steps = [...new Set(runs.flatMap(run => run.at))].sort(d3.ascending);
const lastStep = d3.max([1, ...steps, ...runs.flatMap(run => run.epochs?.step ?? [])]);

const value = (run, quantity, record, layer) => run.flow[quantity]?.[record]?.[layer] ?? null;

/// All numbers of a quantity, in one layer or (without `layer`) in all layers.
const numbers = (some, quantity, layer) => finite(some.flatMap(run => (run.flow[quantity] ?? []).flatMap(row =>
  layer === undefined ? row ?? [] : [row?.[layer] ?? null])));

const has = quantity => numbers(runs, quantity).length > 0;

/// A point of a chart. y: a number or null. of: the run, layer, step and quantity of the number.
const point = (x, y, run, layer, step, quantity) =>
  ({ x, y: y ?? null, of: { run: run.index, layer, step, quantity } });

// ---- Choices of the reader

const chosen = { step: 0, layer: 0, quantity: "delta_norm" };

const shown = () => runs.filter(run => run.on);
/// The index of the run's last record up to the chosen step; -1: none. After the end of the run: its last record.
const recordOf = run => d3.bisectRight(run.at, steps[chosen.step]) - 1;

// ---- Words

const metric = runs.find(run => run.epochs?.metric_name)?.epochs.metric_name ?? "metric";
const loss = { unit: "loss (log scale)", log: true };

/// How each quantity is drawn, by section of the page. include: numbers that the axis must contain.
const sections = {
  flow: {},
  factors: {},
  learning: {
    train_loss: { ...loss, title: "training loss" },
    validation_loss: { ...loss, title: "validation loss" },
    metric: { title: `validation ${metric}`, unit: metric, include: [0, 1] },
  },
  health: {},
};
for (const { name, section, ...how } of report.quantities)
  if (section) sections[section][name] = how;
const drawn = section => Object.entries(sections[section]).filter(([q]) => section === "learning" || has(q));
const quantities = Object.assign({ theory: { title: "theory" } }, ...Object.values(sections));

function layerName(layer, layers = runs.every(run => run.depth === depth) ? depth : 0) {
  return `layer ${layer}${layer === 0 ? " (first)" : layer === layers - 1 ? " (output)" : ""}`;
}

/// The text of the tooltip of a point, with all digits of the data.
function describe({ y, of: { run, layer, step, quantity } }) {
  const inLayer = layer === undefined ? "" : `, ${layerName(layer, runs[run].depth)}`;
  const atStep = step === undefined ? "" : `, step ${step}`;
  return `${runs[run].label}${inLayer}${atStep}: ${quantities[quantity].title} ${y ?? "is not finite"}`;
}

/// The norm at the first layer divided by the norm at the output; null if that is not a number.
function gradientLeft(run, record, quantity = "delta_norm") {
  const [first, output] = [0, run.depth - 1].map(layer => value(run, quantity, record, layer));
  return first === null || !output ? null : first / output;
}
/// The word for a state of the gradient that follows "the gradient is" in a sentence.
const adjective = state => state === "none" ? "zero" : state;
/// "vanishing at the start, flowing at the end; learned"
const headline = ({ start, end, learning }) =>
  `${adjective(start)} at the start, ${adjective(end)} at the end; ${learning}`;

// ---- Scales

/// The recorded steps are log-spaced. The axis is log(step + 1), so that it has a place for step 0.
const stepLabel = "step (log scale)";
function stepScale(range) {
  const ticks = [0, ...d3.range(9).map(e => 10 ** e)].filter(step => step < lastStep / 2).concat(lastStep);
  const scale = d3.scaleSymlog().domain([0, lastStep]).range(range), text = at => at < 1e4 || at === lastStep ? at : power(at);
  return Object.assign(ticked(scale, ticks, text), { chosen: () => steps[chosen.step] });
}

/// The layers that get a tick: few enough that the labels do not touch, and always the first and the last layer.
function layerTicks(layers, room) {
  const last = layers - 1, stride = Math.max(1, Math.ceil(layers / room));
  return d3.range(0, last, stride).filter(l => l === 0 || last - l >= stride).concat(last);
}

/// The axis goes from the output to the first layer, in the direction of the gradient.
function layerScale([left, right]) {
  const domain = depth > 1 ? [depth - 1, 0] : [0.5, -0.5];
  return ticked(d3.scaleLinear().domain(domain).range([left, right]), layerTicks(depth, (right - left) / 30));
}

// ---- Lines

/// A chart of points of runs. A chart with `follows` is redrawn when the step or the layer changes; a chart with
/// `ofLayer` when the layer changes.
const runChart = (parent, what) => new Chart(parent, {
  describe,
  choose({ of }) {
    if (of?.layer !== undefined) setLayer(of.layer);
    if (of?.step !== undefined) setStep(d3.bisectRight(steps, of.step) - 1);
  },
  ...what,
});

// No pattern is dotted, because the lines of the theory are dotted.
const dashes = ["", "9 4", "12 3 3 3", "5 3", "14 4", "9 3 2 3", "16 3 2 3", "12 3 2 3 2 3"];
const symbols = ["Circle", "Square", "Triangle", "Diamond", "Cross", "Star", "Wye"].map(name => d3[`symbol${name}`]);
const symbol = (index, size = 50) => d3.symbol().type(symbols[index % symbols.length]).size(size)();

/// Lines over layers or steps. series(): [{ label, run, points }]; points may have a band from low to high. values():
/// the numbers that the y axis must have room for. They include numbers at other steps, so that the axis stays the same
/// while the slider moves. ending(run): a text that follows the name at the end of a line.
const lineChart = (parent, what) => runChart(parent, {
  ...what,
  draw(svg) {
    const labelled = this.labels && this.width > 600, timed = this.over === "step", { reference } = this;
    if (labelled) this.across[1] -= 130;
    const x = (timed ? stepScale : layerScale)(this.across), series = this.series();
    const include = [...this.include ?? [], ...reference ? [reference] : []];
    const y = (this.log ? logScale : linearScale)(this.values(), include, this.up);
    this.axes(x, y, timed ? stepLabel : "layer: from the output → to the first", this.unit);
    if (reference) add(svg, "path", { class: "reference", d: `M${this.across[0]},${y(reference)}H${this.across[1]}` });
    const line = d3.line().defined(p => p.y !== null).x(p => x(p.x)).y(p => y(p.y));
    const band = d3.area().x(p => x(p.x)).y0(p => y(p.low)).y1(p => y(p.high));
    let outside = 0;
    const rows = series.map(({ run, label, points, theory }) => {
      const group = add(svg, "g", { style: run.hue }), known = points.filter(p => p.y !== null);
      if (points[0]?.low !== undefined) add(group, "path", { class: "band", d: band(points) });
      add(group, "path", { class: theory ? "theory" : "line", d: line(points),
                           "stroke-dasharray": theory ? null : dashes[run.index % 8] });
      const mark = (p, kind, d) => add(group, "path", { class: kind, d, transform: `translate(${x(p.x)},${y(p.y)})` });
      // A point between two missing points is on no line, so it always gets a marker.
      const every = timed ? Math.ceil(known.length / 8) : 1, missing = i => (points[i]?.y ?? null) === null;
      const alone = p => missing(points.indexOf(p) - 1) && missing(points.indexOf(p) + 1);
      if (!theory)
        for (const p of known.filter((p, i) => !y.beyond(p.y) && (i % every === 0 || alone(p))))
          mark(p, "marker", symbol(run.index));
      const off = known.filter(p => y.beyond(p.y));
      for (const p of off) mark(p, "beyond", y.beyond(p.y) > 0 ? "M-4,0L0,-7L4,0Z" : "M-4,0L0,7L4,0Z");
      outside += off.length;
      return known.map(p => ({ ...p, px: x(p.x), py: y(p.y), theory, label, run })).sort((a, b) => a.px - b.px);
    });
    if (outside) write(svg, this.width - this.rightMargin, 13, "end", "△ ▽ beyond the axis");
    // The name and the ending of each line are written at its end. They are moved down if they would overlap.
    let free = 0;
    const ends = rows.map(row => row[row.length - 1]).filter(end => labelled && end && !end.theory);
    for (const { px, py, label, run } of ends.sort((a, b) => a.py - b.py)) {
      free = Math.max(free + 15, py);
      write(svg, px + 12, free, "level name", label + (this.ending?.(run) ?? "")).attr("style", run.hue);
    }
    return rows;
  },
  table() {
    const series = this.series(), all = [...new Set(series.flatMap(s => s.points.map(p => p.x)))].sort(d3.ascending);
    return { head: [this.over, ...series.map(s => s.label)],
             rows: all.map(x => [x, ...series.map(s => s.points.find(p => p.x === x))]) };
  },
});

/// The lines of a quantity over the layers, one for each shown run, at the chosen step.
const overLayers = quantity => shown().filter(run => run.flow[quantity] && recordOf(run) >= 0).map(run => {
  const record = recordOf(run), step = run.at[record];
  return { run, label: run.label + (step === steps[chosen.step] ? "" : `, step ${step}`),
           points: run.layers.map((_, l) => point(l, value(run, quantity, record, l), run, l, step, quantity)) };
});

/// The line of a quantity in one layer of a run, over the recorded steps.
const overSteps = (run, quantity, layer) => ({ run, label: run.label,
  points: run.at.map((step, record) => point(step, value(run, quantity, record, layer), run, layer, step, quantity)) });

/// The runs for which theory predicts the factors at step 0. A predicted norm is the norm at the output times the
/// factors from the output back to the layer. Its band is three standard deviations wide on each side.
const withTheory = () => shown().filter(run => run.theory?.factor && run.at[0] === 0);

const asTheory = (run, points) => ({ run, theory: true, label: `theory of ${run.label}`, points });

const expectedFactors = () => withTheory().map(run =>
  asTheory(run, run.theory.factor.map((y, layer) => point(layer, y ?? null, run, layer, undefined, "theory"))));

const expectedNorms = () => withTheory().filter(() => chosen.quantity === "delta_norm").map(run => {
  const output = run.depth - 1, points = [];
  let norm = value(run, "delta_norm", 0, output), variance = 0;
  for (let layer = output; layer >= 0; --layer) {
    if (layer < output) norm *= run.theory.factor[layer] ?? 0;
    if (layer < output) variance += (run.theory.deviation?.[layer] ?? 0) ** 2;
    if (!norm) break;
    const width = Math.exp(3 * Math.sqrt(variance));
    points.push({ ...point(layer, norm, run, layer, undefined, "theory"), low: norm / width, high: norm * width });
  }
  return asTheory(run, points);
});

// ---- Heat maps

/// One colour scale for all runs, shown or hidden, so that a colour always means the same number. The scale spans at
/// least five decades, so that a factor of ten does not make a healthy run look half dead.
function colours() {
  const quantity = chosen.quantity, positive = numbers(runs, quantity).filter(number => number > 0);
  const output = d3.max(runs, run => value(run, quantity, 0, run.depth - 1)) || d3.max(positive) || 1;
  const most = report.exploding_above * output, highest = d3.max(positive) ?? output, high = Math.min(highest, most);
  const low = Math.min(1e-5 * high, Math.max(d3.min(positive) ?? 0, 1e-12 * high));
  const scale = d3.scaleSequentialLog().domain([low, high]).interpolator(d3.interpolateViridis).clamp(true);
  return { output, low, high, scale, explodes: highest > most };
}

function drawLegend() {
  const { low, high, output, scale, explodes } = colours();
  const x = d3.scaleLog().domain([low, high]).range([10, 330]);
  const svg = drawRamp($("legend"), x, scale, `from ${brief(low)} (dark, dead) to ${brief(high)} (bright)`);
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  for (const e of d3.range(first, last + 1, Math.ceil((last - first + 1) / 8)))
    write(svg, x(10 ** e), 43, "middle", power(10 ** e));
  write(svg, 10, 11, "strong", "dead");
  write(svg, explodes ? Math.min(x(output), 265) : 330, 11, "strong end", "alive");  // with room for "exploding"
  if (explodes) write(svg, 330, 11, "strong end", "exploding");
}

const heatMap = (parent, run) => runChart(parent, {
  hue: run.hue, filled: true, height: Math.max(150, Math.min(420, 22 * depth + 66)), leftMargin: 66, rightMargin: 6,
  shown: () => run.on && run.at.length && run.flow[chosen.quantity], title: () => `${run.label}: ${quantities[chosen.quantity].title}`,
  cells: () => run.layers.map((_, layer) => overSteps(run, chosen.quantity, layer).points),
  draw(svg) {
    const last = run.depth - 1, x = stepScale(this.across);
    const scaleUp = d3.scaleLinear().domain([-0.5, depth - 0.5]).range(this.up);
    const y = ticked(scaleUp, layerTicks(run.depth, this.height / 22),
                     at => at === last ? `output ${at}` : at || "first 0");
    // The cells of a step reach half way to the neighbouring steps. The last cells end at the step after the last
    // record.
    const [left, right] = this.across, place = run.at.map(x), end = Math.min(right, x(run.at[run.at.length - 1] + 1));
    const edges = [left, ...d3.pairs(place, (a, b) => (a + b) / 2), end];
    const height = y(0) - y(1), { scale } = colours();
    const rows = this.cells().map((points, layer) => points.map((p, i) => ({
      ...p, px: place[i], py: y(layer),
      box: { x: edges[i], y: y(layer + 0.5), width: Math.max(1, edges[i + 1] - edges[i]), height } })));
    drawCells(svg, rows, scale);
    add(svg, "path", { class: "frame", d: `M${left},${y(-0.5)}H${right}V${y(last + 0.5)}H${left}Z` });
    this.axes(x, y, stepLabel, "layer");
    if (run.outcome === "diverged" && end < right - 70) write(svg, end + 8, y(last / 2), "level", "diverged");
    this.showChosen = group => {
      if (chosen.layer > last) return;
      for (const kind of ["under", "over"])
        add(group, "path", { class: kind, d: `M${left},${y(chosen.layer + 0.5)}H${end}V${y(chosen.layer - 0.5)}H${left}Z` });
    };
    return rows.reverse();
  },
  table() {
    return { head: ["step", ...run.layers.map((_, layer) => layerName(layer, run.depth))],
             rows: d3.transpose([run.at, ...this.cells()]) };
  },
});

// ---- Inside a layer

const percent = d3.format(".3~p"), short = number => +number.toPrecision(6);

/// The bins of a histogram at the chosen step and in the chosen layer. The data has the shares in per mille.
function bins(run, quantity, span) {
  const counts = run.flow[quantity]?.[recordOf(run)]?.[chosen.layer];
  if (!counts || !span) return [];
  const edge = i => short(span.low + i * (span.high - span.low) / counts.length);
  return counts.map((count, i) => ({ low: edge(i), high: edge(i + 1), share: count / 1000 }));
}

/// The axis ends at the largest share of any shown run in this layer at any step, so that it stays the same while the
/// slider moves.
function shareScale(quantity, range) {
  const most = d3.max(shown(), run => d3.max(run.flow[quantity] ?? [], row => d3.max(row?.[chosen.layer] ?? [])));
  const scale = d3.scaleLinear().domain([0, most / 1000 || 1]).range(range).nice();
  return ticked(scale, scale.ticks(4), percent);
}

function drawBars(svg, all, x, y, of) {
  return all.map(({ low, high, share }) => {
    add(svg, "rect", { class: "bar", x: x(low) + 0.5, width: Math.max(1, x(high) - x(low) - 1), y: y(share),
                       height: y(0) - y(share) });
    return { px: x((low + high) / 2), py: y(share), text: `${of} ${low} to ${high}: ${percent(share)} of the units` };
  });
}

function slopeChart(parent, run) {
  const span = () => run.slope_bins?.[chosen.layer], all = () => bins(run, "slope_histogram", span());
  new Chart(parent, {
    hue: run.hue, follows: true, height: 190, shown: () => run.on && all().length,
    title: () => `${run.label}, ${layerName(chosen.layer, run.depth)}: slopes`,
    note: "each unit multiplies the gradient by its slope",
    table: () => ({ head: ["from", "to", "share of units"], rows: all().map(b => [b.low, b.high, b.share]) }),
    draw(svg) {
      const x = linear([span().low, span().high], this.across);
      const y = shareScale("slope_histogram", this.up);
      this.axes(x, y, "slope f′(z)", "share of units");
      return [drawBars(svg, all(), x, y, "slope")];
    },
  });
}

function curveChart(parent, run) {
  const span = report.z_bins ?? { low: -10, high: 10 }, all = () => bins(run, "z_histogram", span);
  const name = () => run.layers[chosen.layer]?.activation ?? "z";
  const curve = () => ({ z: [], value: [], slope: [], ...report.activations?.[name()] });
  new Chart(parent, {
    hue: run.hue, follows: true, height: 240, rightMargin: 44,
    shown: () => run.on && chosen.layer < run.depth && all().length + curve().z.length,
    title: () => `${run.label}, ${layerName(chosen.layer, run.depth)}: ${name()}`,
    note: () => `${curve().z.length ? "solid: f; dashed: f′; " : ""}bars: the units’ z; the first and the last bar include all z outside the axis`,
    table() {
      const { z, value: f, slope } = curve(), bars = all();
      return { head: ["z", "f(z)", "f′(z)", "bin from", "to", "share of units"],
               rows: d3.range(Math.max(z.length, bars.length)).map(i =>
                 [z[i] ?? "", f[i], slope[i], bars[i]?.low, bars[i]?.high, bars[i]?.share]) };
    },
    draw(svg) {
      const { z, value: f, slope } = curve();
      const x = linear([span.low, span.high], this.across);
      // relu goes up to 10. The axis ends earlier, so that the shape of the curve near 0 can be seen.
      const low = Math.max(-1.5, d3.min([0, ...f, ...slope])), high = Math.min(2, d3.max([1, ...f, ...slope]));
      const y = linearScale([low, high], [], this.up), bars = shareScale("z_histogram", this.up);
      this.axes(x, y, "z", "f, f′");
      write(svg, this.width, 13, "strong end", "share of units");
      for (const { at, text } of bars.marks) write(svg, this.across[1] + 6, bars(at), "level", text);
      const rows = [drawBars(svg, all(), x, bars, "z")];
      for (const [values, kind, of] of [[f, "", "f"], [slope, "slope", "f′"]]) {
        const points = z.map((at, i) => [at, values[i]]), seen = ([, v]) => v !== null && v >= low && v <= high;
        add(svg, "path", { class: `curve ${kind}`,
                           d: d3.line().defined(seen).x(p => x(p[0])).y(p => y(p[1]))(points) });
        rows.push(points.filter(seen).map(([at, v]) => ({ px: x(at), py: y(v), text: `${of}(${at}) = ${v}` })));
      }
      return rows;
    },
  });
}

// ---- Decision boundary

/// How an output of the network is drawn: a class, the probability of class 1, or the value of a regression. dot and
/// shape: functions that return the colour and the symbol of a data point.
function answers({ epochs, boundary }) {
  const [low = 0, high = 1] = d3.extent(finite(boundary.values));
  if (epochs?.metric_name === "R^2") {
    const colour = d3.scaleSequential().domain([low, high > low ? high : low + 1]).interpolator(d3.interpolateViridis);
    return { colour, dot: () => "gray", shape: () => symbol(0, 22),
             note: `colour: the value, from ${brief(low)} (dark) to ${brief(high)} (bright)` };
  }
  const colour = high > 1 ? v => d3.schemeSet2[Math.round(v) % 8] : v => d3.interpolatePuOr(0.15 + 0.7 * v);
  return { colour, dot: c => d3.color(colour(c)).darker(2), shape: c => symbol(c, 22),
           note: high > 1 ? "colour: the class" : "violet: class 0; orange: class 1; pale: uncertain" };
}

function boundaryChart(parent, run) {
  const { low, high, columns, rows, values } = run.boundary, { colour, dot, shape, note } = answers(run);
  // Each value is the network's output at the middle of its cell.
  const [x1, x2] = [columns, rows].map((count, i) => c => low[i] + (c + 0.5) / count * (high[i] - low[i]));
  const cell = (column, row) => values[row * columns + column];
  const data = d3.transpose(report.points ? [report.points.x, report.points.y, report.points.class] : []);
  const dots = data.filter(place => [0, 1].every(i => place[i] >= low[i] && place[i] <= high[i]));
  const outside = data.length - dots.length;
  new Chart(parent, {
    hue: run.hue, filled: true, height: 320, shown: () => run.on, title: `${run.label}: output for each input`,
    note: `${note}; points: the data${outside ? ` (${outside} outside the chart)` : ""}`,
    table: () => ({ head: ["x₂ \\ x₁", ...d3.range(columns).map(c => short(x1(c)))],
                    rows: d3.range(rows).map(r => [short(x2(r)), ...d3.range(columns).map(c => cell(c, r))]) }),
    draw(svg) {
      const x = linear([low[0], high[0]], this.across), y = linear([low[1], high[1]], this.up);
      const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
      const paint = canvas.getContext("2d");
      const marks = d3.range(rows - 1, -1, -1).map((r, line) => d3.range(columns).map(c => {
        paint.fillStyle = cell(c, r) === null ? "gray" : colour(cell(c, r));
        paint.fillRect(c, line, 1, 1);
        return { px: x(x1(c)), py: y(x2(r)), text: `x₁ ${short(x1(c))}, x₂ ${short(x2(r))}: ${cell(c, r) ?? "–"}` };
      }));
      add(svg, "image", { href: canvas.toDataURL(), x: this.across[0], y: this.up[1], preserveAspectRatio: "none",
                          width: this.across[1] - this.across[0], height: this.up[0] - this.up[1] });
      this.axes(x, y, "x₁", "x₂");
      for (const [at1, at2, label] of dots)
        add(svg, "path", { class: "dot", d: shape(label), fill: dot(label), transform: `translate(${x(at1)},${y(at2)})` });
      return marks;
    },
  });
}

// ---- The page

function setStep(index) {
  chosen.step = index;
  $("step").property("value", index).attr("aria-valuetext", `step ${steps[index]}`);
  $("step-text").text(steps[index]);
  for (const chart of charts) if (!chart.follows) chart.markChosen();
  redraw(chart => chart.follows);
}

function setLayer(layer) {
  chosen.layer = layer;
  for (const chart of charts) if (!chart.follows && !chart.ofLayer) chart.markChosen();
  $("layer").property("value", layer);
  redraw(chart => chart.follows || chart.ofLayer);
}

function buildControls() {
  for (const run of runs) {
    const button = add($("toggles"), "button", { type: "button", class: "run-toggle", style: run.hue,
                                                      "data-run": run.index, "aria-pressed": true });
    const swatch = add(button, "svg", { class: "swatch", "aria-hidden": true });
    add(swatch, "path", { class: "line", d: "M0,7H34", "stroke-dasharray": dashes[run.index % 8] });
    add(swatch, "path", { class: "marker", d: symbol(run.index), transform: "translate(17,7)" });
    add(button, "span", {}, run.label);
    button.on("click", () => {
      run.on = !run.on;
      button.attr("aria-pressed", run.on);
      $(`card-${run.index}`).attr("hidden", run.on ? null : true);
      redraw();
    });
  }
  $("step").attr("max", steps.length - 1).on("input", function () { setStep(+this.value); });
  const name = l => new Set(runs.map(run => run.layers[l]?.name)).size === 1 ? runs[0].layers[l].name : null;
  select("layer", d3.range(depth).map(l => [l, [layerName(l), name(l)].filter(Boolean).join(": ")]), l => setLayer(+l));
  select("quantity", drawn("flow").map(([quantity, { title, note }]) => [quantity, `${title}: ${note}`]), quantity => {
    chosen.quantity = quantity;
    drawLegend();
    redraw(chart => chart.filled || chart.labels);
  });
}

function buildCard(run) {
  const card = add($("runs"), "div", { class: "card", style: run.hue, id: `card-${run.index}` });
  const say = (text, kind) => add(card, "p", { class: kind ?? null }, text);
  add(card, "h3", {}, run.label);
  if (run.verdict) {
    say(headline(run.verdict), "headline");
    say(run.verdict.text, "sentence");
  }
  const list = (title, items) => {
    if (!items?.length) return;
    say(title);
    const all = add(card, "ul");
    for (const item of items) add(all, "li", {}, item);
  };
  for (const { mechanism, fault, first_layer: first, last_layer: last, text, remedies } of run.findings ?? []) {
    const place = first === last ? `, layer ${first}` : `, layers ${first} to ${last}`;
    say(fault ? `✗ ${mechanism}${place}` : `✓ ${mechanism}`, fault ? "fault" : "healthy");
    if (text) say(text);
    list("Remedies to try:", remedies);
  }
  list("Remedies that were tried:", run.cures);
  const number = (name, v) => typeof v === "number" ? `${name} ${brief(v)}` : null;
  const { validation_loss: end, validation_metric: score } = run.final ?? {};
  say([run.outcome, run.steps && `steps: ${run.steps}`, run.divergence, number("validation loss", end),
       number(`validation ${metric}`, score)].filter(Boolean).join("; "), "note");
}

function buildCharts() {
  const grid = id => $(id).select(".grid");
  for (const run of runs) heatMap(grid("flow"), run);
  lineChart($("profile"), {
    follows: true, log: true, over: "layer", height: 360, labels: true, unit: "norm (log scale)",
    shown: () => steps.length,
    title: () => `${quantities[chosen.quantity].title} at each layer, at step ${steps[chosen.step]}`,
    note: () => "level line: every layer gets a gradient of similar size; falling line: the gradient vanishes; ×: the norm "
      + "at the first layer divided by the norm at the output"
      + (expectedNorms().length ? "; dotted line and band: theory for step 0, ± 3 standard deviations" : ""),
    series: () => [...overLayers(chosen.quantity), ...expectedNorms()],
    values: () => [...numbers(shown(), chosen.quantity),
                   ...expectedNorms().flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high]))],
    ending(run) {
      const left = gradientLeft(run, recordOf(run), chosen.quantity);
      return left === null ? "" : ` × ${brief(left)}`;
    },
  });
  for (const [quantity, what] of drawn("factors"))
    lineChart(grid("factors"), {
      ...what, follows: true, over: "layer", title: () => `${what.title}, at step ${steps[chosen.step]}`,
      series: () => overLayers(quantity).concat(quantity === "factor" ? expectedFactors() : []),
      values: () => [...numbers(shown(), quantity),
                     ...quantity === "factor" ? finite(withTheory().flatMap(run => run.theory.factor)) : []],
    });
  for (const [quantity, what] of drawn("learning")) {
    const known = run => finite(run.epochs?.step && run.epochs[quantity]);
    if (runs.flatMap(known).length) lineChart(grid("learning"), {
      ...what, over: "step", series: () => shown().filter(run => known(run).length).map(run => ({
        run, label: run.label, points: run.epochs.step.map((step, i) =>
          point(step, run.epochs[quantity][i], run, undefined, step, quantity)) })),
      // An R² of minus a million must not flatten the other lines.
      values: () => shown().flatMap(known).map(number => Math.max(number, -1)),
    });
  }
  for (const [quantity, what] of drawn("health"))
    lineChart(grid("health"), {
      ...what, over: "step", ofLayer: true, title: () => `${what.title}, layer ${chosen.layer}`,
      series: () => shown().filter(run => chosen.layer < run.depth).map(run => overSteps(run, quantity, chosen.layer)),
      values: () => numbers(shown(), quantity, chosen.layer),
    });
  if (has("z_histogram") || report.activations) for (const run of runs) curveChart(grid("inside"), run);
  if (has("slope_histogram")) for (const run of runs) slopeChart(grid("inside"), run);
  for (const run of runs) if (run.boundary) boundaryChart(grid("boundary"), run);
  for (const id of ["factors", "learning", "health", "inside", "boundary"])
    if (grid(id).select("figure").empty()) $(id).attr("hidden", true);
  if (!steps.length) $("flow").attr("hidden", true);
}

buildTop("Where the gradient goes");
buildControls();
runs.forEach(buildCard);
$("rules").text(report.verdict_rules);
buildCharts();
buildEnd(report.thinning,
         [["seed", [...new Set(runs.map(run => run.seed))].join(", ")]]);
drawLegend();
setStep(0);
drawWhereThereIsRoom();
