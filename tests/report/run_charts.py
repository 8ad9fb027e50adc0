"""Checks which charts the report of some runs has, and that each chart shows the page's data."""
import math
import statistics

from geometry import (NEAR, PIXELS, TOP, Axis, Legend, check_chosen, check_line, choose, colour_of, known, near, paths,
                      read_drawings, stretches)
from page_in_browser import expect, expect_that

FLOW = {"delta_norm": "‖dL/dz‖", "weight_gradient_norm": "‖dL/dW‖", "bias_gradient_norm": "‖dL/db‖"}
FACTORS = {"factor": "factor", "slope_factor": "the slopes’ part of the factor", "weight_factor": "the weights’ part of the factor"}
LEARNING = {"train_loss": "training loss", "validation_loss": "validation loss"}
HEALTH = {"saturated": "saturated units", "dead": "dead units", "numerically_dead": "numerically dead units",
          "spread": "spread over the batch", "update_ratio": "update ratio", "slope_mean": "mean slope",
          "activation_mean": "mean activation", "activation_deviation": "deviation of the activations"}
LOGARITHMIC = {*FLOW, *FACTORS, *LEARNING, "update_ratio", "activation_deviation"}
REFERENCES = {**dict.fromkeys(FACTORS, 1), "update_ratio": 1e-3}
BEYOND = "△ ▽ beyond the axis"


class RunCharts:
    def __init__(self, page):
        self.page = page
        step, self.layer, self.quantity, on = page.run("""
          return [+document.getElementById("step").value, +document.getElementById("layer").value,
                  document.getElementById("quantity").value, [...document.querySelectorAll("button.run-toggle")]
                    .map(button => button.getAttribute("aria-pressed") === "true")]""")
        self.runs = page.data["runs"]
        names = [run["name"] for run in self.runs]
        for index, run in enumerate(self.runs):
            run["label"] = f"{run['name']}, seed {run['seed']}" if names.count(run["name"]) > 1 else run["name"]
            run["hue"], run["depth"], run["at"] = f"--run-{index % 8}", len(run["layers"]), run["flow"]["steps"]
        self.shown = [run for run, is_on in zip(self.runs, on) if is_on]
        self.depth = max(run["depth"] for run in self.runs)
        steps = sorted({step for run in self.runs for step in run["at"]})
        self.step = steps[step] if steps else None

    # The numbers

    def value(self, run, quantity, record, layer):
        rows = run["flow"].get(quantity) or []
        return rows[record][layer] if 0 <= record < len(rows) and rows[record] else None

    def numbers(self, runs, quantity, layer=None):
        return known(self.value(run, quantity, record, at) for run in runs for record in range(len(run["at"]))
                     for at in range(run["depth"]) if layer in (None, at))

    def record(self, run):
        """Returns the index of the run's last record up to the chosen step; -1 if there is none yet."""
        return sum(step <= self.step for step in run["at"]) - 1

    def histogram(self, run, quantity):
        return self.value(run, quantity, self.record(run), self.layer) if run["at"] else None

    def over_layers(self, run, quantity):
        record = self.record(run)
        label = run["label"] + ("" if run["at"][record] == self.step else f", step {run['at'][record]}")
        return run, label, [(layer, self.value(run, quantity, record, layer)) for layer in range(run["depth"])]

    def expected_norms(self, run):
        """Returns the norms that theory predicts, from the output back: [(layer, norm, low, high)]. low and high are three
        standard deviations away."""
        norm, variance, points = self.value(run, "delta_norm", 0, run["depth"] - 1), 0.0, []
        for layer in range(run["depth"] - 1, -1, -1):
            if layer < run["depth"] - 1:
                norm *= run["theory"]["factor"][layer] or 0
                variance += (run["theory"]["deviation"][layer] or 0) ** 2
            if not norm:
                break
            width = math.exp(3 * math.sqrt(variance))
            points.append((layer, norm, norm / width, norm * width))
        return points

    # Which charts there are

    def charts(self):
        charts = {}
        if self.step is not None:
            charts["flow", f"{FLOW[self.quantity]} at each layer, at step {self.step}"] = self.check_profile
        for run in self.shown:
            if run["at"]:
                charts["flow", f"{run['label']}: {FLOW[self.quantity]}"] = (
                    lambda d, run=run: self.check_heat_map(d, run))
            if run["boundary"]:
                charts["boundary", f"{run['label']}: output for each input"] = (
                    lambda d, run=run: self.check_boundary(d, run))
            if self.layer < run["depth"]:
                charts |= self.inside_layer(run)
        metric = next((run["epochs"]["metric_name"] for run in self.runs if run["epochs"]["metric_name"]), "metric")
        for quantity, title in {**LEARNING, "metric": f"validation {metric}"}.items():
            if any(known(run["epochs"][quantity]) for run in self.runs):
                charts["learning", title] = lambda d, q=quantity: self.check_epochs(d, q)
        for section, quantities, place, check in (("factors", FACTORS, f", at step {self.step}", self.check_factors),
                                                  ("health", HEALTH, f", layer {self.layer}", self.check_health)):
            for quantity, title in quantities.items():
                if self.numbers(self.runs, quantity):
                    charts[section, title + place] = lambda d, check=check, q=quantity: check(d, q)
        return charts

    def inside_layer(self, run):
        charts, activation = {}, run["layers"][self.layer]["activation"]
        last = run["depth"] - 1
        layer = f"layer {self.layer}" + (" (first)" if self.layer == 0 else " (output)" if self.layer == last else "")
        if activation or self.histogram(run, "z_histogram"):
            charts["inside", f"{run['label']}, {layer}: {activation or 'z'}"] = lambda d: self.check_curve(d, run)
        if self.histogram(run, "slope_histogram") and run["slope_bins"][self.layer]:  # a constant slope has no chart
            charts["inside", f"{run['label']}, {layer}: slopes"] = lambda d: self.check_slopes(d, run)
        return charts

    # Lines

    def check_lines(self, drawing, quantity, over, lines, theory=(), room=(), may_be_beyond=lambda value: False):
        """Checks a line chart. lines: (run, label, [(x, y)]). theory: (run, [(x, y)] or [(x, y, low, high)]). room: the
        numbers that the axis has room for. Numbers above a billion times their median may be beyond the axis."""
        across, up = drawing.take_axes()
        expect(f"{drawing.name}: the name of the x axis", across,
               "step (log scale)" if over == "step" else "layer: from the output → to the first")
        expect(f"{drawing.name}: '{up}' contains 'log scale'", "log scale" in up, quantity in LOGARITHMIC)
        x, y = drawing.axis(0, across, (drawing.left, drawing.right)), drawing.axis(1, up, (drawing.bottom, TOP))
        if over == "layer" and self.depth > 1:
            expect_that(f"{drawing.name}: the x axis goes from the output to the first layer",
                        near(x.pixel(self.depth - 1), drawing.left) and near(x.pixel(0), drawing.right), x.ticks, x.ends)
        positive = [value for value in room if value > 0]
        highest = 1e9 * statistics.median(positive) if positive and quantity in LOGARITHMIC else math.inf

        def beyond(value):  # a log axis ends above 0
            return may_be_beyond(value) or value > highest or (quantity in LOGARITHMIC and value < 0)

        outside, ends = [], []
        banded = [(run, points) for run, points in theory if points and len(points[0]) == 4]
        drawn = {kind: drawing.take("path", kind) for kind in ("line", "theory", "band")}
        for kind, some in (("line", lines), ("theory", theory), ("band", banded)):
            expect(f"{drawing.name}: runs with a {kind}", [m["hue"] for m in drawn[kind]], [run["hue"] for run, *_ in some])
        for mark, (run, label, points) in zip(drawn["line"], lines):
            outside += check_line(f"{drawing.name}: {label}", mark["d"], points, x, y, may_be_beyond=beyond)
            there = [(x.pixel(at), y.held(value)) for at, value in points if value is not None]
            ends += [(label, *max(there))] if there else []
        for mark, (run, points) in zip(drawn["theory"], theory):
            where = f"{drawing.name}: theory of {run['label']}"
            outside += check_line(where, mark["d"], [point[:2] for point in points], x, y, may_be_beyond=beyond)
        for mark, (run, points) in zip(drawn["band"], banded):
            self.check_band(f"{drawing.name}: the band of {run['label']}", mark["d"], points, x, y, beyond)
        self.check_markers(drawing, over, lines, x, y)
        self.check_beyond(drawing, outside)
        self.check_names(drawing, ends)
        if quantity in REFERENCES:
            (start, end), = paths(drawing.take_one("path", "reference")["d"])
            expect(f"{drawing.name}: the ends of the reference line", (start[0], end), (drawing.left, (drawing.right, start[1])))
            y.compare(f"{drawing.name}: the reference line", start[1], REFERENCES[quantity])
        if over == "step" and self.step is not None:
            check_chosen(drawing, x, self.step)

    def check_band(self, where, d, points, x, y, beyond):
        outline, = paths(d)
        expect(f"{where}: corners", len(outline), 2 * len(points))
        for i, (layer, _, *band) in enumerate(points):
            two = sorted([outline[i], outline[-1 - i]], key=lambda place: -place[1])
            for (px, py), edge in zip(two, band):
                x.compare(f"{where}, layer {layer}", px, layer)
                y.compare(f"{where}, layer {layer}", py, edge, beyond(edge))

    def check_markers(self, drawing, over, lines, x, y):
        """Checks the markers. A line over layers has one at every point. A line over steps has markers at some points, and
        at points between missing points. Points beyond the axis have none."""
        markers, expected = drawing.take("path", "marker"), []
        for run, _, points in lines:
            there = [point for point in points if point[1] is not None]
            alone = [s[0] for s in stretches(points, lambda point: point[1] is not None) if len(s) == 1]
            every = math.ceil(len(there) / 8) if over == "step" else 1
            expected += [(run, p) for i, p in enumerate(there) if y.inside(p[1]) and (i % every == 0 or p in alone)]
        expect(f"{drawing.name}: markers", [m["hue"] for m in markers], [run["hue"] for run, _ in expected])
        for mark, (run, (at, value)) in zip(markers, expected):
            x.compare(f"{drawing.name}: a marker of {run['label']}", mark["right"], at)
            y.compare(f"{drawing.name}: a marker of {run['label']}, {at}", mark["down"], value)

    def check_beyond(self, drawing, outside):
        """Checks that an arrow out of the chart marks every point beyond the axis."""
        arrows = [(mark["right"], mark["down"]) for mark in drawing.take("path", "beyond", where=lambda mark:
                  mark["d"] == ("M-4,0L0,-7L4,0Z" if mark["down"] < drawing.height / 2 else "M-4,0L0,7L4,0Z"))]
        expect_that(f"{drawing.name}: arrows at the points beyond the axis", near(arrows, outside), arrows, outside)
        said = drawing.take("text", "end", where=lambda mark: mark["text"] == BEYOND)
        expect(f"{drawing.name}: texts '{BEYOND}'", len(said), 1 if outside else 0)

    def check_names(self, drawing, ends):
        """Checks that the names of the lines are beside the ends of the lines, or below."""
        names = drawing.take("text", "level name")
        expect(f"{drawing.name}: names of lines", len(names), len(ends) if names else 0)
        for label, px, py in ends if names else ():
            name = next((mark for mark in names if mark["text"].startswith(label) and near(mark["x"], px + 12)), None)
            expect_that(f"{drawing.name}: the name of {label}", name and name["y"] > py - 1, name, f"at {px} {py} or below")
            names.remove(name)

    def check_profile(self, drawing):
        runs = [run for run in self.shown if run["at"] and self.record(run) >= 0]
        theory = [(run, self.expected_norms(run)) for run in self.with_theory() if self.quantity == "delta_norm"]
        room = self.numbers(self.shown, self.quantity) + [edge for _, points in theory for p in points for edge in p[2:]]
        lines = [self.over_layers(run, self.quantity) for run in runs]
        self.check_lines(drawing, self.quantity, "layer", lines, theory, room)

    def with_theory(self):
        return [run for run in self.shown if run["theory"] and run["at"] and run["at"][0] == 0]

    def check_factors(self, drawing, quantity):
        runs = [run for run in self.shown if run["at"] and self.record(run) >= 0]
        theory = [(run, list(enumerate(run["theory"]["factor"]))) for run in self.with_theory() if quantity == "factor"]
        room = self.numbers(self.shown, quantity) + known(y for _, points in theory for _, y in points) + [1]
        self.check_lines(drawing, quantity, "layer", [self.over_layers(run, quantity) for run in runs], theory, room)

    def check_epochs(self, drawing, quantity):
        """Checks a chart over epochs. An R² below -1 is beyond the axis, so that it does not flatten the other lines."""
        lines = [(run, run["label"], list(zip(run["epochs"]["step"], run["epochs"][quantity]))) for run in self.shown
                 if known(run["epochs"][quantity])]
        room = known(value for _, _, points in lines for _, value in points)
        self.check_lines(drawing, quantity, "step", lines, room=room,
                         may_be_beyond=lambda value: quantity == "metric" and value < -1)

    def check_health(self, drawing, quantity):
        lines = [(run, run["label"], [(step, self.value(run, quantity, record, self.layer))
                                      for record, step in enumerate(run["at"])])
                 for run in self.shown if self.layer < run["depth"]]
        room = self.numbers(self.shown, quantity, self.layer) + [REFERENCES.get(quantity, 0)]
        self.check_lines(drawing, quantity, "step", lines, room=room)

    # Cells

    def legend(self):
        drawing, = read_drawings(self.page, "#legend svg")
        legend = Legend(drawing, logarithmic=True)
        words = {mark["text"]: mark["x"] for mark in drawing.take("text", "strong", "strong end")}
        drawing.expect_nothing_left()
        output = max(known(self.value(run, self.quantity, 0, run["depth"] - 1) for run in self.runs), default=None)
        largest = max(self.numbers(self.runs, self.quantity), default=0)
        expect("whether the legend has the word 'exploding'", "exploding" in words, bool(output) and largest > 100 * output)
        if "exploding" in words:
            expect_that("the right end of the word 'alive' in the legend", words["alive"] <= legend.axis.pixel(output) + NEAR,
                        legend.axis.read(words["alive"]), f"at most the output's norm, {output}")
        return legend

    def check_heat_map(self, drawing, run):
        across, up = drawing.take_axes(filled=True)
        (left, low), (right, _), (_, high), _ = paths(drawing.take_one("path", "frame")["d"])[0]
        x, y = drawing.axis(0, across, (left, right)), drawing.axis(1, up, (low, high))
        legend, last, at = self.legend(), run["depth"] - 1, run["at"]
        expect(f"{drawing.name}: the first and the last tick", [drawing.up[0]["text"], drawing.up[-1]["text"]],
               ["first 0", f"output {last}"] if last else ["output 0"] * 2)

        def rows(layer):  # the lower and the upper pixel of the layer's cells
            return (y.pixel(layer - 0.5), y.pixel(layer + 0.5)) if last else (low, high)

        expect_that(f"{drawing.name}: the frame", near((rows(0)[0], rows(last)[1]), (low, high)), (low, high),
                    "around the first layer to the output")
        place = [x.pixel(step) for step in at]
        edges = [left, *((a + b) / 2 for a, b in zip(place, place[1:])), min(right, x.pixel(at[-1] + 1))]
        cells = {(int(cell["data"]["step"]), int(cell["data"]["layer"])): cell for cell in drawing.take("rect", "cell")}
        expect(f"{drawing.name}: cells", set(cells), {(step, layer) for step in at for layer in range(run["depth"])})
        for i, step in enumerate(at):
            for layer in range(run["depth"]):
                cell, where = cells[step, layer], f"{drawing.name}: step {step}, layer {layer}"
                end = max(edges[i + 1], edges[i] + 1)  # a cell is at least 1 px wide
                box = cell["x"], cell["x"] + cell["width"], cell["y"] + cell["height"], cell["y"]
                expected = edges[i], end, *rows(layer)
                expect_that(f"{where}: the cell", near(box, expected), box, expected)
                legend.check(where, cell["fill"], self.value(run, self.quantity, i, layer))
        for mark in drawing.take("text", "level", where=lambda mark: mark["text"] == "diverged"):
            expect(f"{drawing.name}: outcome", run["outcome"], "diverged")
            expect_that(f"{drawing.name}: diverged", mark["x"] >= edges[-1], mark["x"], f"after {edges[-1]}")
        check_chosen(drawing, x, self.step)
        outlines = drawing.take("path", "under", "over", group="chosen")
        expect(f"{drawing.name}: outlines of the chosen layer", len(outlines), 2 if self.layer <= last else 0)
        for mark in outlines:
            (x1, y1), (x2, _), (_, y2), _ = paths(mark["d"])[0]
            expected = (left, edges[-1], *rows(self.layer))
            expect_that(f"{drawing.name}: the chosen layer", near((x1, x2, y2, y1), expected), (x1, x2, y2, y1), expected)

    # Inside a layer

    def check_bars(self, drawing, run, quantity, low, high, x, y):
        """Checks that each bar spans its bin, except for a gap of half a pixel on either side."""
        shares, bars = self.histogram(run, quantity) or [], drawing.take("rect", "bar")
        expect(f"{drawing.name}: bars", len(bars), len(shares))
        for i, (bar, share) in enumerate(zip(bars, shares)):
            where, size = f"{drawing.name}: bar {i}", (high - low) / len(shares)
            x.compare(f"{where} begins", bar["x"] - 0.5, low + i * size)
            x.compare(f"{where} ends", bar["x"] + bar["width"] + 0.5, low + (i + 1) * size)
            y.compare(f"{where}: its foot", bar["y"] + bar["height"], 0)
            y.compare(f"{where}: its height", bar["y"], share / 1000)

    def check_curve(self, drawing, run):
        across, up = drawing.take_axes()
        expect(f"{drawing.name}: axes", [across, up], ["z", "f, f′"])
        ends = drawing.bottom, TOP
        x, y = drawing.axis(0, across, (drawing.left, drawing.right)), drawing.axis(1, up, ends)
        y.expect_at_most(2)
        drawing.take_one("text", "strong end", where=lambda mark: mark["text"] == "share of units")
        labels = drawing.take("text", "level", where=lambda mark: near(mark["x"], drawing.right + 6))
        shares = Axis("the axis of shares", [(mark["y"], mark["text"]) for mark in labels], ends)
        bins = self.page.data["z_bins"]
        self.check_bars(drawing, run, "z_histogram", bins["low"], bins["high"], x, shares)
        curve = self.page.data["activations"].get(run["layers"][self.layer]["activation"]) or {"z": []}
        for kind, quantity in (("curve", "value"), ("curve slope", "slope")):
            points = list(zip(curve["z"], curve.get(quantity, [])))
            check_line(f"{drawing.name}: {quantity}", drawing.take_one("path", kind)["d"], points, x, y,
                       drawn=lambda point: point[1] is not None and -1.5 <= point[1] <= 2)

    def check_slopes(self, drawing, run):
        across, up = drawing.take_axes()
        expect(f"{drawing.name}: axes", [across, up], ["slope f′(z)", "share of units"])
        x = drawing.axis(0, across, (drawing.left, drawing.right))
        bins = run["slope_bins"][self.layer]
        self.check_bars(drawing, run, "slope_histogram", bins["low"], bins["high"], x,
                        drawing.axis(1, up, (drawing.bottom, TOP)))

    # Decision boundary

    def check_boundary(self, drawing, run):
        across, up = drawing.take_axes(filled=True)
        expect(f"{drawing.name}: axes", [across, up], ["x₁", "x₂"])
        image, boundary = drawing.take_one("image", ""), run["boundary"]
        ends = (image["x"], image["x"] + image["width"]), (image["y"] + image["height"], image["y"])
        x, y = drawing.axis(0, across, ends[0]), drawing.axis(1, up, ends[1])
        for axis, side in ((x, 0), (y, 1)):
            axis.compare(f"{drawing.name}: the image begins", ends[side][0], boundary["low"][side])
            axis.compare(f"{drawing.name}: the image ends", ends[side][1], boundary["high"][side])
        pixels = self.page.driver.execute_async_script(PIXELS, image["href"])
        expect(f"{drawing.name}: rows and columns", (len(pixels), len(pixels[0])), (boundary["rows"], boundary["columns"]))
        values = [boundary["values"][r * boundary["columns"]:(r + 1) * boundary["columns"]]
                  for r in range(boundary["rows"])]
        cells = [(value, tuple(pixel)) for row, line in zip(values, reversed(pixels)) for value, pixel in zip(row, line)]
        colours = self.check_answers(drawing, run, cells)
        self.check_dots(drawing, boundary, colours, x, y)

    def check_answers(self, drawing, run, cells):
        """Checks the colours of the outputs. Returns the colour of each class if the outputs are classes, else {}."""
        seen = {value: colour for value, colour in cells}
        for value, colour in cells:
            expect(f"{drawing.name}: the colour of {value}", colour, seen[value])
        gray = (128, 128, 128)
        expect(f"{drawing.name}: the colour of an output without a number", seen.get(None, gray), gray)
        numbers = sorted(known(seen))
        light = {v: 0.2126 * seen[v][0] + 0.7152 * seen[v][1] + 0.0722 * seen[v][2] for v in numbers}
        if run["epochs"]["metric_name"] == "R^2":
            order = light  # the note says: from dark to bright
            expect_that(f"{drawing.name}: its note", "(dark) to" in drawing.help, drawing.help, "the meaning of the colours")
        elif numbers[-1] > 1:
            expect(f"{drawing.name}: colours of the classes", len({seen[v] for v in numbers}), len(numbers))
            return seen
        else:  # violet, pale, orange
            order = {v: (247 - light[v]) * (1 if seen[v][0] > seen[v][2] else -1) for v in numbers}
            for v in numbers:
                expect_that(f"{drawing.name}: the colour of {v}", light[v] > 220 if abs(v - 0.5) < 0.05 else
                            (v > 0.5) == (order[v] > 0), seen[v], "violet below 0.5, pale near 0.5, orange above 0.5")
            numbers = [v for v in numbers if abs(v - 0.5) >= 0.05]
        for low, high in zip(numbers, numbers[1:]):
            expect_that(f"{drawing.name}: colours of {low} and {high}", order[low] <= order[high] + 2,
                        (seen[low], seen[high]), "in the order of the numbers")
        return {}

    def check_dots(self, drawing, boundary, colours, x, y):
        """Checks that the points of the data are at their places and have a dark shade of their class's colour. The note
        counts the points outside the chart."""
        points = self.page.data["points"] or {"x": [], "y": [], "class": []}
        there = [point for point in zip(points["x"], points["y"], points["class"])
                 if all(boundary["low"][i] <= point[i] <= boundary["high"][i] for i in (0, 1))]
        outside = len(points["x"]) - len(there)
        expect(f"{drawing.name}: the note that points are outside the chart", f"({outside} outside the chart)" in drawing.help,
               outside > 0)
        dots = drawing.take("path", "dot")
        expect(f"{drawing.name}: points", len(dots), len(there))
        for dot, (at, up, label) in zip(dots, there):
            x.compare(f"{drawing.name}: a point of class {label}", dot["right"], at)
            y.compare(f"{drawing.name}: a point of class {label}", dot["down"], up)
            if label in colours:
                shade = tuple(channel * 0.49 for channel in colours[label])
                expect_that(f"{drawing.name}: a point of class {label}", math.dist(shade, colour_of(dot["fill"])) < 3,
                            dot["fill"], shade)

    # Choices of a reader

    @staticmethod
    def states(page):
        """Makes some choices of the step, the layer, the quantity and the runs, and yields after each."""
        steps, layers = (page.run(f"return {what}") for what in (
            "+document.getElementById('step').max", "document.getElementById('layer').options.length"))
        yield
        choose(page, "step", max(0, steps))
        choose(page, "layer", layers - 1)
        choose(page, "quantity", page.run("return [...document.getElementById('quantity').options].at(-1)?.value ?? ''"))
        yield
        choose(page, "step", max(0, steps) // 2)
        choose(page, "layer", layers // 2)
        toggles = page.all("button.run-toggle")
        if len(toggles) > 1:
            page.run("arguments[0].click()", toggles[0])
            page.settle()
        yield
