"""Reads a chart by its drawn axes and compares it with the page's data. Only the ticks and their labels determine the
number at a place of the drawing. The scales of the page's script are not used.
"""
import json
import math
import re

from page_in_browser import WIDTHS, Wrong, expect, expect_that

# The tolerance in pixels: less than half a pixel is invisible. The page does not round positions and labels of ticks, so
# rounding needs no tolerance.
NEAR = 0.5

TOP = 26  # y of the plot's upper end, below the name of the axis

READ = """
const number = text => text === null ? null : +text;
return JSON.stringify([...document.querySelectorAll(arguments[0])].filter(svg => svg.getClientRects().length).map(svg => {
  const figure = svg.closest("figure");
  return {
    section: svg.closest("section")?.id ?? null, title: figure?.querySelector("h3").textContent ?? null,
    help: figure?.querySelector(".help").textContent ?? null,
    width: svg.clientWidth, height: svg.clientHeight,
    marks: [...svg.querySelectorAll("path, rect, circle, image, text")].map(mark => {
      const get = name => mark.getAttribute(name), hue = mark.closest("g[style], text[style]");
      const [, right, down] = /^translate\\(([^,]+),([^)]+)\\)$/.exec(get("transform")) ?? [, 0, 0];
      const group = mark.parentNode === svg ? null : mark.parentNode.getAttribute("class");
      return {
        tag: mark.tagName, kind: (get("class") ?? "").trim(), group, d: get("d"), text: mark.textContent,
        hue: /--run-\\d/.exec(hue?.getAttribute("style"))?.[0] ?? null, right: +right, down: +down,
        ...Object.fromEntries(["x", "y", "width", "height", "cx", "cy", "r"].map(name => [name, number(get(name))])),
        fill: mark.tagName === "rect" || mark.classList.contains("dot") ? getComputedStyle(mark).fill : null,
        href: get("href"), data: { ...mark.dataset },
      };
    }),
  };
}))
"""

# Returns the colours of an image: [rows][columns][red, green, blue].
PIXELS = """
const [href, done] = arguments, image = new Image();
image.onload = () => {
  const { width, height } = image, canvas = Object.assign(document.createElement("canvas"), { width, height });
  const paint = canvas.getContext("2d");
  paint.drawImage(image, 0, 0);
  const { data } = paint.getImageData(0, 0, width, height);
  done(Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) =>
    [...data.slice(4 * (row * width + column), 4 * (row * width + column) + 3)])));
};
image.src = href;
"""


def near(a, b):
    """Compares two numbers, or two lists of numbers."""
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(near, a, b))
    return abs(a - b) <= NEAR


def known(numbers):
    return [number for number in numbers if number is not None]


# ---- Numbers and colours, from their texts


def number_of(label):
    """Returns the number of a label like 0.5, -1, 10⁻³, 2·10³⁰, 50% or "output 5"."""
    text = label.split(" ")[-1].replace("−", "-").replace(",", "")
    plain = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    power = re.fullmatch(r"(?:(-?[\d.]+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    try:
        if power:
            return float(f"{power[1] or 1}e{plain[len(text) - len(power[2]):]}")
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise Wrong("the label of a tick", label, "a number") from None


def colour_of(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


# ---- Axes


def log10(value):
    return math.log10(value) if value > 0 else -math.inf


KINDS = {  # kinds of axes: (value -> number proportional to the pixels, its inverse)
    "linear": (lambda v: v, lambda u: u),
    "logarithmic, from 0 on": (lambda v: math.log1p(v) if v > -1 else -math.inf, math.expm1),
    "logarithmic": (log10, lambda u: 10.0 ** min(u, 308.0)),
}


class Axis:
    """An axis, read from its ticks. ticks: (pixel, label). ends: the pixels of its two ends. logarithmic: whether the ticks
    must be logarithmic instead of linear; None: they must if the name of the axis says "log scale"."""

    def __init__(self, name, ticks, ends, logarithmic=None):
        self.name, self.ends, self.zero, self.kind = name, ends, None, None
        self.ticks = [(pixel, number_of(label)) for pixel, label in ticks]
        expect_that(f"ticks of {name}", len(self.ticks) > 0, self.ticks, "at least one")
        for pixel, label in ticks:
            expect_that(f"the tick {label} of {name}", min(ends) - NEAR <= pixel <= max(ends) + NEAR, pixel,
                        f"between {ends[0]} and {ends[1]}")
        if logarithmic is None:
            logarithmic = "log scale" in name
        for kind in KINDS:
            if self.kind is None and (kind != "linear") == logarithmic:
                self.try_kind(kind)
        expect_that(f"ticks of {name}", self.kind is not None, ticks,
                    "ticks of a logarithmic axis" if logarithmic else "ticks of a linear axis")
        if self.zero is not None:
            apart = min(abs(pixel - self.zero) for pixel, value in self.ticks if value)
            expect_that(f"the distance of 0 from the other ticks of {name}", apart > 4, apart, "more than 4 px")

    def try_kind(self, kind):
        to, self.back = KINDS[kind]
        if kind.endswith("from 0 on") and 0 not in dict(self.ticks).values():
            return
        known = [(pixel, to(value)) for pixel, value in self.ticks if math.isfinite(to(value))]
        zeros = [pixel for pixel, value in self.ticks if not math.isfinite(to(value))]
        if len(known) < min(2, len(self.ticks)) or len(zeros) > 1:
            return
        (p0, u0), (p1, u1) = known[0], known[-1]
        self.slope = (p1 - p0) / (u1 - u0) if u1 != u0 else None
        self.start, self.to = (p0, u0), to
        if all(abs(self.pixel_of(u) - pixel) <= NEAR for pixel, u in known):
            self.kind, self.zero = kind, zeros[0] if zeros else None

    def pixel_of(self, u):
        """An axis with only one tick has only one number that can be read."""
        if self.slope is None:
            return self.start[0] if u == self.start[1] else math.inf
        return self.start[0] + self.slope * (u - self.start[1])

    def pixel(self, value):
        if value == 0 and self.zero is not None:
            return self.zero
        return self.pixel_of(self.to(value))

    def read(self, pixel):
        """Returns the number at a pixel, as text."""
        if self.slope is None:
            return f"{pixel} px"
        return f"{self.back(self.start[1] + (pixel - self.start[0]) / self.slope):.6g} ({pixel:.1f} px)"

    def held(self, value):
        """Returns the pixel of a value, or the pixel of the edge if the value is beyond the axis."""
        return max(min(self.ends), min(self.pixel(value), max(self.ends)))

    def expect_at_most(self, size):
        """Checks that the axis spans at most -size to size, so that details near 0 can be seen."""
        expect_that(f"the ticks of {self.name}", all(abs(value) <= size for _, value in self.ticks), self.ticks,
                    f"from {-size} to {size}")

    def inside(self, value):
        return min(self.ends) - 1e-6 <= self.pixel(value) <= max(self.ends) + 1e-6

    def compare(self, where, pixel, value, may_be_beyond=False):
        """Checks that a pixel shows a value. A value beyond the axis must be allowed to be there, and must be drawn at the
        edge. Returns True for a value beyond the axis."""
        if self.inside(value):
            expect_that(f"{where}, on {self.name}", abs(pixel - self.pixel(value)) <= NEAR, self.read(pixel), value)
            return False
        expect_that(f"{where}, on {self.name}", may_be_beyond, f"beyond the axis, at {self.read(pixel)}", value)
        expect_that(f"{where}, beyond {self.name}", near(pixel, self.held(value)), self.read(pixel), "the edge")
        return True


# ---- Drawings


def paths(d):
    """Returns the points of a path with the commands M, L, H, V, Z and v: [[(x, y), ...], ...]."""
    found, x, y = [], 0.0, 0.0
    for command, rest in re.findall(r"([MLHVZv])([^MLHVZv]*)", d):
        try:
            numbers = [float(text) for text in re.split(r"[\s,]+", rest.strip()) if text]
        except ValueError:
            numbers = [math.nan]
        expect_that("a path", all(map(math.isfinite, numbers)), d, "numbers after M, L, H, V, Z and v")
        if command == "M":
            found.append([])
        if command in "ML":
            x, y = numbers
        elif command == "H":
            x, = numbers
        elif command == "V":
            y, = numbers
        elif command == "v":
            y += numbers[0]
        if command != "Z":
            found[-1].append((x, y))
    return found


class Drawing:
    """The marks of a chart. Each check takes the marks that it knows. A mark that is left over was not checked."""

    def __init__(self, read):
        self.section, self.title, self.help = read["section"], read["title"], read["help"]
        self.width, self.height, self.left_over = read["width"], read["height"], read["marks"]
        self.name = f"{self.section}: {self.title}"

    def take(self, tag, *kinds, group=None, where=lambda mark: True):
        found, rest = [], []
        for mark in self.left_over:
            taken = mark["tag"] == tag and mark["kind"] in kinds and mark["group"] == group and where(mark)
            (found if taken else rest).append(mark)
        self.left_over = rest
        return found

    def take_one(self, tag, *kinds, **more):
        found = self.take(tag, *kinds, **more)
        expect(f"{self.name}: {tag} of {' or '.join(kinds)}", len(found), 1)
        return found[0]

    def take_axes(self, filled=False):
        """Takes the axes, checks them and returns their names. A filled chart has no grid lines."""
        lines = [(mark, paths(mark["d"])[0]) for mark in self.take("path", "axis-line")]
        ticks = [line for _, line in lines if line[0][0] == line[1][0]]
        bottom = ticks[0][0][1]
        labels = self.take("text", "middle", where=lambda mark: mark["y"] > bottom)
        expect(f"{self.name}: places of the ticks of the x axis", [t[0] for t in ticks], [(m["x"], bottom) for m in labels])
        up = self.take("text", "level end")
        grid = [paths(mark["d"])[0] for mark in self.take("path", "grid-line")]
        base = [line for _, line in lines if line[0][0] != line[1][0]]
        expect(f"{self.name}: lines of the x axis", len(base), 0 if filled else 1)
        if not filled:
            self.left, self.right = base[0][0][0], base[0][1][0]
            expect(f"{self.name}: the y of the x axis", [y for _, y in base[0]], [bottom, bottom])
            for line, mark in zip(grid, up):
                expect(f"{self.name}: a grid line", line, [(self.left, mark["y"]), (self.right, mark["y"])])
        expect(f"{self.name}: number of grid lines", len(grid), 0 if filled else len(up))
        self.bottom, self.across, self.up = bottom, labels, up
        names = [self.take_one("text", "strong middle")["text"], self.take_one("text", "strong", where=lambda mark:
                 mark["y"] == 13 and mark["x"] == 0)["text"]]
        return names

    def axis(self, which, name, ends):
        """Returns an axis. which: 0 is the x axis, 1 is the y axis."""
        labels = ((mark["xy"[which]], mark["text"]) for mark in (self.across, self.up)[which])
        return Axis(f"the axis of {name}", list(labels), ends)

    def expect_nothing_left(self):
        expect(f"{self.name}: marks that no check knows",
               [(m["tag"], m["kind"], m["text"][:20]) for m in self.left_over], [])


def read_drawings(page, selector):
    return [Drawing(read) for read in json.loads(page.run(READ, selector))]


def stretches(points, drawn):
    """Returns the drawn points as lists. Points that are not drawn separate the lists."""
    found = [[]]
    for point in points:
        if drawn(point):
            found[-1].append(point)
        elif found[-1]:
            found.append([])
    return [stretch for stretch in found if stretch]


def check_line(where, d, points, x, y, drawn=lambda point: point[1] is not None, may_be_beyond=lambda value: False):
    """Checks a line through the points (x, y) of the data. Points that are not drawn interrupt the line. Returns the pixels
    of the points beyond the axis."""
    lines, expected, outside = paths(d or ""), stretches(points, drawn), []
    expect(f"{where}: points of each stretch", [len(line) for line in lines], [len(stretch) for stretch in expected])
    for line, stretch in zip(lines, expected):
        for (px, py), (at, value) in zip(line, stretch):
            x.compare(f"{where}, at {at}", px, at)
            if y.compare(f"{where}, {value} at {at}", py, value, may_be_beyond(value)):
                outside.append((px, py))
    return outside


class Legend:
    """The legend of a heat map: the number of each colour, read from the ticks below the colours."""

    def __init__(self, drawing, logarithmic):
        self.cells = sorted(drawing.take("rect", ""), key=lambda mark: mark["x"])
        self.colours = [colour_of(mark["fill"]) for mark in self.cells]
        # A cell has the colour at its middle. The end of the scale is half a cell further.
        first, second, *_, last_but_one, last = self.colours
        self.end_colours = [tuple((3 * a - b) / 2 for a, b in zip(*two))
                            for two in ((first, second), (last, last_but_one))]
        ends = self.cells[0]["x"], self.cells[-1]["x"] + 4
        labels = drawing.take("text", "middle", where=lambda mark: mark["y"] == 43)
        self.axis = Axis("the legend", [(m["x"], m["text"]) for m in labels], ends, logarithmic)
        expect_that("colours of the legend", len(set(self.colours)) > 20, len(set(self.colours)), "many")

    def check(self, where, colour, value):
        """Checks that a colour shows a value, to one cell of the legend. A value beyond the legend has the colour of its
        end. A value of None is hatched."""
        if value is None or "url" in colour:
            expect(f"{where}: hatched", "hatch" in colour, value is None)
            return
        pixel = self.axis.held(value)
        place = max(i for i, mark in enumerate(self.cells) if mark["x"] <= pixel)
        colours = [self.end_colours[0], *self.colours, self.end_colours[1]]
        for got, *channel in zip(colour_of(colour), *colours[place:place + 3]):
            if not min(channel) - 2 <= got <= max(channel) + 2:
                closest = min(range(len(self.cells)), key=lambda i: math.dist(self.colours[i], colour_of(colour)))
                raise Wrong(f"{where}: the colour", f"{colour}, the colour of {self.axis.read(self.cells[closest]['x'] + 2)}",
                            f"the colour of {value}, about {self.colours[place]}")


# ---- The charts of a page


def check_chosen(drawing, x, at):
    """Checks the vertical line at the chosen value, which is drawn twice: with a wide and a narrow stroke."""
    lines = drawing.take("path", "under", "over", group="chosen", where=lambda mark: "H" not in mark["d"])
    expect(f"{drawing.name}: strokes of the line at the chosen value", len(lines), 2)
    for mark in lines:
        (top, bottom), = paths(mark["d"])
        x.compare(f"{drawing.name}: the chosen value", top[0], at)
        expect(f"{drawing.name}: the line at the chosen value", [top[0], drawing.height - 36], [bottom[0], bottom[1]])


def check_charts(page, charts):
    """Checks all charts of the page. charts: {(section, title): check of a drawing}. Returns the numbers of charts and
    marks."""
    drawings = read_drawings(page, "svg.chart")
    drawn, known_here = {drawing.name for drawing in drawings}, {f"{section}: {title}" for section, title in charts}
    expect("charts that no check knows", sorted(drawn - known_here), [])
    expect("charts that are missing", sorted(known_here - drawn), [])
    expect("charts", len(drawings), len(charts))
    marks = sum(len(drawing.left_over) for drawing in drawings)
    for drawing in drawings:
        charts[drawing.section, drawing.title](drawing)
        drawing.expect_nothing_left()
    return len(drawings), marks


def choose(page, control, value):
    page.run("""const [id, value] = arguments, control = document.getElementById(id);
                control.value = value;
                for (const type of ["input", "change"]) control.dispatchEvent(new Event(type))""", control, value)
    page.settle()


def check_drawings(page, Charts, width):
    """Checks all charts after each choice of Charts.states(). Returns the numbers of checked charts and marks."""
    page.open(width, "light")
    charts = marks = 0
    for _ in Charts.states(page):
        counts = check_charts(page, Charts(page).charts())
        charts, marks = charts + counts[0], marks + counts[1]
    return charts, marks


def check_wide_and_narrow(page, Charts):
    counts = [check_drawings(page, Charts, width) for width in WIDTHS]
    return f"{sum(c for c, _ in counts)} charts, {sum(m for _, m in counts)} marks, read by the drawn axes"
