// The script of the gallery: a small chart for every activation, with the same z marked in all charts, and the tables.

const { z, activations, layers } = report;

/// The three curves of an activation.
const curves = {
  value: { sign: "f", text: "f: the output of a unit" },
  slope: { sign: "f′", text: "f′: the slope, which multiplies the gradient" },
  curvature: { sign: "f″", text: "f″: the curvature, the change of the slope" },
};
const quantities = Object.entries(curves);

// ---- Choices of the reader

/// chosen.z is an index into z. The slider stops at the points of the curves, so that every number is in the data.
const chosen = { z: (z.length - 1) / 2, order: "library" };

/// The share of a gradient that is left after `layers` layers if all units have this slope; null if the slope is null.
const left = slope => slope === null ? null : slope ** layers;

const orders = {
  library: { text: "as in the library" },
  here: { text: "slope at z", by: a => Math.abs(a.slope[chosen.z]) },
  best: { text: "largest slope", by: a => Math.max(a.slopes.high, -a.slopes.low) },
  factor: { text: "factor per layer", by: a => a.auto.factor },
};

// ---- The charts

const zScale = range => Object.assign(linear(d3.extent(z), range), { chosen: () => z[chosen.z] });

/// One y scale for all charts, so that they can be compared. It spans at most -2 to 2, to show the shapes near 0.
const [lowest = 0, highest = 0] = d3.extent(finite(activations.flatMap(a => quantities.flatMap(([q]) => a[q]))));
const upScale = range => linearScale([Math.max(-2, lowest), Math.min(2, highest)], [0], range);
const inSight = y => y !== null && y >= -2 && y <= 2;

function curveChart(parent, activation, index) {
  const points = quantity => z.map((at, i) =>
    ({ x: at, y: activation[quantity][i], of: { activation: index, quantity, z: at } }));
  const chart = new Chart(parent, {
    title: activation.name, height: 230, leftMargin: 34, rightMargin: 10,
    describe: ({ y, of }) => `${activation.name}: ${curves[of.quantity].sign}(${of.z}) = ${y}`,
    choose({ of }) {
      if (!of) return;
      setZ(z.indexOf(of.z));
      setOrder();
    },
    table: () => ({ head: ["z", "f(z)", "f′(z)", "f″(z)"],
                    rows: d3.transpose([z, ...quantities.map(([quantity]) => points(quantity))]) }),
    draw(svg) {
      const x = zScale(this.across), y = this.y = upScale(this.up);
      this.axes(x, y, "z", "");
      return quantities.map(([quantity]) => {
        const seen = points(quantity).map(p => ({ ...p, px: x(p.x), py: y(p.y) }));
        const line = d3.line().defined(p => inSight(p.y)).x(p => p.px).y(p => p.py);
        add(svg, "path", { class: `curve of-${quantity}`, d: line(seen) });
        return seen.filter(p => inSight(p.y));
      });
    },
    showChosen(group, at) {
      for (const [quantity] of quantities) {
        const y = activation[quantity][chosen.z];
        if (inSight(y)) add(group, "circle", { class: `point of-${quantity}`, cx: at, cy: this.y(y), r: 4.5 });
      }
      showNumbers(this.numbers, activation);
    },
  });
  chart.numbers = chart.help.attr("class", "help numbers");
  return chart;
}

function showNumbers(parent, { value: f, slope, curvature }) {
  const at = chosen.z, numbers = { value: f[at], slope: slope[at], curvature: curvature[at], left: left(slope[at]) };
  const sign = { ...curves, left: { sign: `f′${superscript(layers)}` } };
  parent.html("");
  for (const [quantity, number] of Object.entries(numbers)) {
    const item = add(parent, "span");
    add(item, "span", { class: `sign of-${quantity}` }, `${sign[quantity].sign} `);
    add(item, "span", { "data-quantity": quantity, "data-value": number }, number === null ? "–" : brief(number, 4));
  }
}

function buildKey() {
  for (const [quantity, { text }] of quantities) {
    const item = add($("key"), "span", { class: "key" });
    const swatch = add(item, "svg", { class: "swatch", "aria-hidden": true });
    add(swatch, "path", { class: `curve of-${quantity}`, d: "M0,7H34" });
    add(item, "span", {}, text);
  }
  add($("key"), "span", { class: "key" },
      `f′${superscript(layers)}: the share of the gradient left after ${layers} layers with this slope`);
}

// ---- The tables

/// A number for a table: shortened for readers, and with all digits for programs.
const cell = (y, activation, quantity, text) => ({ y, of: { activation, quantity }, text: text ?? shortened(y) });
const shortened = y => y === null ? "–" : brief(y, 4);
const float = y => String(+y.toPrecision(9));
const variance = (q, every) => every ? "any q" : q === null ? "grows without limit" : shortened(q);

function buildTables() {
  const tables = {
    slopes: {
      head: ["activation", "largest slope", "at z =", "smallest slope", "at z =", `share left after ${layers} layers, at best`],
      row: ({ slopes: s }, of) => [of("high", s.high), of("high_at", s.high_at), of("low", s.low),
                                   of("low_at", s.low_at), of("left_at_best", s.left_at_best)],
    },
    theory: {
      head: ["activation", "auto chooses", "σ_w", "q*", "χ", "factor per layer", `share left after ${layers} layers`],
      row: ({ auto: a }, of) => [a.initializer, of("sigma_w", a.sigma_w), of("q", a.q, variance(a.q, a.every_q)),
                                 of("chi", a.chi), of("factor", a.factor), of("left_after", a.left)],
    },
    gains: {
      head: ["activation", "forward σ_w, q = 1", "backward σ_w, q = 1", "critical σ_w", "q*", "critical σ_w, centred", "q*"],
      row: ({ gains, critical: c, critical_centred: d }, of) => [
        of("forward", gains.forward), of("backward", gains.backward), of("critical", c?.sigma_w ?? null),
        c ? of("critical_q", c.q, variance(c.q, c.every_q)) : "–", of("critical_centred", d?.sigma_w ?? null),
        d ? of("centred_q", d.q, variance(d.q, d.every_q)) : "–"],
    },
    errors: {
      head: ["activation", "error of f, ulp", "at z =", "error of f′, ulp", "at z ="],
      row: ({ errors }, of) => ["value", "slope"].flatMap(q => [
        of(`${q}_ulp`, errors[q].ulp, errors[q].ulp === null ? "not finite" : undefined), of(`${q}_at`, errors[q].at, errors[q].ulp === 0 ? "–" : float(errors[q].at))]),
    },
  };
  for (const id in tables) fillTable($(id).select(".table"), $(id).select("h2").text(), {
    head: tables[id].head,
    rows: activations.map((activation, index) => [activation.name, ...tables[id].row(activation,
      (quantity, y, text) => cell(y, index, quantity, text))]),
  });
}

// ---- The page

const all = activations.map((activation, index) => curveChart($("curves").select(".grid"), activation, index));

function setZ(index) {
  chosen.z = index;
  $("z").property("value", index).attr("aria-valuetext", `z = ${z[index]}`);
  $("z-text").text(z[index]);
  for (const chart of all) chart.markChosen();
}

/// Moves the figures in the page, so that the Tab key follows the same order.
function setOrder() {
  const { by } = orders[chosen.order], size = index => by?.(activations[index]) ?? 0;
  const places = d3.range(activations.length).sort((a, b) => size(b) - size(a) || a - b);
  for (const place of places) all[place].figure.raise();
}

buildTop("Activations, their slopes, and the effect of the slopes on a gradient");
buildKey();
buildTables();
d3.selectAll(".layers").text(layers);
$("measured").text("A layer computes f and f′ in float. The table compares them with the same formulas in double, and "
  + `shows the largest error over ${d3.format(",")(report.floats)} floats, evenly spaced in [−${report.range}, `
  + `${report.range}]. One ulp is the distance between neighbouring floats at the result. Where large terms cancel, the `
  + "result is near 0, but the rounding errors of these terms remain. There the error can be many ulp. Errors against "
  + "exact functions, over all floats, are in tests/accuracy.");
select("order", Object.entries(orders).map(([key, { text }]) => [key, text]), order => {
  chosen.order = order;
  setOrder();
});
$("z").attr("max", z.length - 1).on("input", function () { setZ(+this.value); }).on("change", setOrder);
buildEnd();
setZ(chosen.z);
drawWhereThereIsRoom();
