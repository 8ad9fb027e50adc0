// The script of the map of a sweep: one heat map of its cells, and tables of its runs.

const { rows, depths, metric } = report;
const chosen = { quantity: "metric" };

/// The letters of a cell: first for the state of the gradient at the start, then for the result of training.
const letters = { start: { vanishing: "V", exploding: "E", dead: "0", none: "0", "not finite": "N" },
                  learning: { diverged: "D", "ended too early": "T" } };
const lettersOf = cell => [...new Set(Object.keys(letters).flatMap(what =>
  Object.keys(letters[what]).filter(word => cell.runs.some(run => run[what] === word)).map(word => letters[what][word])))]
  .join(" ");

/// "2 flowing, 1 vanishing"
function wordsOf(cell, what) {
  const words = [...new Set(cell.runs.map(run => run[what]))].sort(d3.ascending);
  const count = word => cell.runs.filter(run => run[what] === word).length;
  return words.length === 1 ? words[0] : words.map(word => `${count(word)} ${word}`).join(", ");
}

const nameOf = row => `${row.activation}, ${row.initializer}`;

// ---- Quantities

const factors = finite(rows.flatMap(row => row.cells.map(cell => cell.factor))).filter(factor => factor > 0);
const most = d3.max(factors, factor => Math.max(factor, 1 / factor)) ?? 1;
const furthest = [2, 5].find(size => size >= most) ?? 10;

/// The scale of the metric begins at 0; smaller metrics have the colour of 0. A network trains if its metric is above
/// the mark. The further a factor is from 1, in either direction, the darker its colour.
const quantities = {
  metric: {
    title: metric, scale: d3.scaleSequential().domain([0, 1]).interpolator(d3.interpolateViridis).clamp(true),
    ramp: d3.scaleLinear().domain([0, 1]).range([10, 330]), ticks: [0, 0.25, 0.5, 0.75, 1], ends: ["worst", "perfect"], mark: report.trains_above,
  },
  factor: {
    title: "factor of ‖dL/dz‖ per layer", ends: ["vanishes", "explodes"],
    scale: d3.scaleDivergingLog().domain([1 / furthest, 1, furthest]).interpolator(d3.interpolatePuOr).clamp(true),
    ramp: d3.scaleLog().domain([1 / furthest, furthest]).range([10, 330]),
    ticks: [0.1, 0.2, 0.5, 1, 2, 5, 10].filter(tick => tick >= 1 / furthest && tick <= furthest),
  },
};

/// "0.953 ± 0.01 (2 of 3)"
function numberOf(cell, quantity) {
  const some = finite(cell.runs.map(run => run[quantity])).length, all = Math.max(report.seeds, cell.runs.length);
  if (cell[quantity] === null) return "–";
  const spread = quantity === "metric" && cell.interval !== null ? ` ± ${brief(cell.interval, 1)}` : "";
  return brief(cell[quantity], 3) + spread + (some < all ? ` (${some} of ${all})` : "");
}

function drawLegend() {
  const { title, scale, ramp, ticks, ends, mark } = quantities[chosen.quantity];
  const svg = drawRamp($("legend"), ramp, scale, `${title}: from ${ends[0]} to ${ends[1]}`);
  for (const tick of ticks) write(svg, ramp(tick), 43, "middle", brief(tick));
  write(svg, 10, 11, "strong", ends[0]);
  write(svg, 330, 11, "strong end", ends[1]);
  if (mark === undefined || mark < 0 || mark > 1) return;
  add(svg, "path", { class: "mark", d: `M${ramp(mark)},14V30` });
  const side = ramp(mark) > 220 ? "end" : "middle";  // the anchor of the mark's text, which must not touch the text at the right end
  write(svg, ramp(mark), 11, `strong ${side}`, `trains above ${brief(mark, 3)}`);
}

function buildKey() {
  const there = rows.flatMap(row => row.cells.flatMap(cell => cell.runs));
  for (const what in letters)
    for (const word in letters[what])
      if (there.some(run => run[what] === word)) add($("key"), "span", { class: "key" }, `${letters[what][word]}: ${word}`);
  const hatched = add($("key"), "span", { class: "key" });
  const swatch = add(hatched, "svg", { class: "swatch", "aria-hidden": true });
  add(swatch, "rect", { width: 34, height: 14, fill: "url(#hatch)" });
  add(hatched, "span", {}, "no number");
}

// ---- The map

/// Black or white, whichever is easier to read on the colour.
function inkOn(colour) {
  const { r, g, b } = d3.rgb(colour);
  const linear = v => v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) > 0.18 ? "#000" : "#fff";
}

/// The names are beside the rows. On a narrow screen they are above the rows.
const map = new Chart(d3.select("#map > div:last-child"), {
  filled: true, title: () => `${quantities[chosen.quantity].title} by number of hidden layers`,
  note: "use the arrow keys to move from cell to cell",
  table: () => ({
    head: ["activation, initialiser", ...depths.map(depth => `depth ${depth}`)],
    rows: rows.map((row, r) => [nameOf(row), ...row.cells.map((cell, c) => pointOf(cell, r, c))]),
  }),
  draw(svg) {
    const narrow = this.width < 640, rowHeight = narrow ? 58 : 42, head = narrow ? 20 : 0;
    const names = 8 + 7.2 * d3.max(rows, row => nameOf(row).length);
    const [left, right] = this.across = [narrow ? 0 : names, this.width - 2];
    const top = 26, bottom = top + rowHeight * rows.length, width = (right - left) / depths.length;
    svg.attr("height", this.height = bottom + 40);
    this.up = [bottom, top];
    const { scale } = quantities[chosen.quantity];
    const marks = rows.map((row, r) => row.cells.map((cell, c) => {
      const box = { x: left + c * width, y: top + r * rowHeight + head,
                    width: width - 2, height: rowHeight - head - 2 };
      return { ...pointOf(cell, r, c), cell, box, px: box.x + box.width / 2, py: box.y + box.height / 2,
               text: textOf(row, cell, depths[c]) };
    }));
    drawCells(svg, marks, scale);
    for (const { cell, y, box, px, py } of d3.merge(marks)) {
      const ink = y === null ? null : inkOn(scale(y)), kind = ink ? "on-cell middle level" : "middle level strong";
      // A narrow cell has no number, only its colour.
      const number = y === null ? "–" : box.width > 130 ? numberOf(cell, chosen.quantity)
        : box.width > 44 ? brief(y) : "";
      const letters = lettersOf(cell), above = letters ? 8 : 0;
      write(svg, px, py - above, kind, (cell.trains ? "✓ " : "") + number).attr("style", ink && `fill: ${ink}`);
      if (letters) write(svg, px, py + above, kind, letters).attr("style", ink && `fill: ${ink}`);
    }
    rows.forEach((row, r) => {
      const y = top + r * rowHeight;
      if (narrow) write(svg, 0, y + head / 2 + 2, "level strong", nameOf(row));
      else write(svg, left - 8, y + rowHeight / 2, "level end strong", nameOf(row));
    });
    const x = ticked(depth => left + (depths.indexOf(depth) + 0.5) * width, depths);
    this.axes(x, ticked(() => 0, []), "hidden layers", "");
    return marks;
  },
});

const placeOf = (row, c) => ({ activation: row.activation, initializer: row.initializer, depth: depths[c] });

const pointOf = (cell, r, c) => ({ y: cell[chosen.quantity], text: numberOf(cell, chosen.quantity),
                                   of: { quantity: chosen.quantity, ...placeOf(rows[r], c) } });

function textOf(row, cell, depth) {
  const all = Object.keys(quantities).map(quantity => `${quantities[quantity].title} ${numberOf(cell, quantity)}`);
  return `${nameOf(row)}, depth ${depth}: `
    + (cell.runs.length ? `${all.join("; ")}; the gradient at the start: ${wordsOf(cell, "start")}; `
      + `at the end: ${wordsOf(cell, "end")}; ${wordsOf(cell, "learning")}${cell.trains ? "; the network trains" : ""}` : "not run yet");
}

// ---- The page

function buildRuns() {
  const all = rows.flatMap(row => row.cells.flatMap((cell, c) => cell.runs.map(run => {
    const number = quantity => ({ y: run[quantity], of: { quantity: `run_${quantity}`, ...placeOf(row, c),
                                                          seed: run.seed } });
    return [...Object.values(placeOf(row, c)), run.seed, ...["metric", "factor", "left"].map(number), run.start, run.end, run.learning];
  })));
  const head = ["activation", "initialiser", "depth", "seed", metric, "factor per layer", "share of gradient left",
                "gradient at the start", "gradient at the end", "learning"];
  fillTable($("all").select(".table"), "every run", { head, rows: all });
}

buildTop("Which networks train, and to which depth");
for (const row of rows) if (row.conclusion) add($("sentences"), "li", {}, `${nameOf(row)}: ${row.conclusion}.`);
$("rules").text(report.rules);
select("quantity", Object.entries(quantities).map(([quantity, { title }]) => [quantity, title]), quantity => {
  chosen.quantity = quantity;
  drawLegend();
  redraw();
});
buildKey();
buildRuns();
buildEnd();
drawLegend();
drawWhereThereIsRoom();
