"""Checks that the map of a sweep shows the page's data."""
from geometry import Legend, choose, near, number_of, paths, read_drawings
from page_in_browser import expect, expect_that


class SweepCharts:
    TITLES = {"factor": "factor of ‖dL/dz‖ per layer"}

    def __init__(self, page):
        self.page, self.data = page, page.data
        self.quantity = page.run("return document.getElementById('quantity').value")

    def charts(self):
        title = {"metric": self.data["metric"], **self.TITLES}[self.quantity]
        return {("map", f"{title} by number of hidden layers"): self.check_map}

    def legend(self):
        drawing, = read_drawings(self.page, "#legend svg")
        legend = Legend(drawing, logarithmic=self.quantity == "factor")
        for mark in drawing.take("path", "mark"):
            legend.axis.compare("the legend's mark", paths(mark["d"])[0][0][0], self.data["trains_above"])
        drawing.take("text", "strong", "strong end", "strong middle")
        drawing.expect_nothing_left()
        return legend

    def check_map(self, drawing):
        """Checks that each cell is in the column of its depth, and beside (on a small screen below) its row's name."""
        drawing.take_axes(filled=True)
        columns = {mark["text"]: mark["x"] for mark in drawing.across}
        expect(f"{drawing.name}: columns", list(columns), [str(depth) for depth in self.data["depths"]])
        rows = {mark["text"]: mark for mark in drawing.take("text", "level strong", "level end strong")}
        expect(f"{drawing.name}: rows", list(rows), [f"{r['activation']}, {r['initializer']}" for r in self.data["rows"]])
        cells = {(f"{cell['data']['activation']}, {cell['data']['initializer']}", cell["data"]["depth"]): cell
                 for cell in drawing.take("rect", "cell")}
        expect(f"{drawing.name}: cells", set(cells), {(row, column) for row in rows for column in columns})
        legend = self.legend()
        for row in self.data["rows"]:
            for depth, number in zip(self.data["depths"], row["cells"]):
                name = f"{row['activation']}, {row['initializer']}"
                cell, where = cells[name, str(depth)], f"{drawing.name}: {name}, depth {depth}"
                # A gap of two pixels follows each cell. The middle of cell and gap is 1 px after the middle of the cell.
                middle = cell["x"] + cell["width"] / 2 + 1
                expect_that(f"{where}: its column", near(middle, columns[str(depth)]), middle, columns[str(depth)])
                text, middle = rows[name], cell["y"] + cell["height"] / 2 + 1
                beside = near(text["y"], middle) if "end" in text["kind"] else 0 < cell["y"] - text["y"] < 20
                expect_that(f"{where}: its row", beside, (cell["y"], cell["height"]), f"at its name, {text['y']}")
                value = number[self.quantity]
                legend.check(where, cell["fill"], value)
                self.check_text(drawing, where, cell, value)

    def check_text(self, drawing, where, cell, value):
        """Checks the number in a cell to two digits. A narrow cell has none. Letters may follow below the number."""
        texts = drawing.take("text", "on-cell middle level", "middle level strong", where=lambda mark:
                             near(mark["x"], cell["x"] + cell["width"] / 2)
                             and cell["y"] < mark["y"] < cell["y"] + cell["height"])
        expect_that(f"{where}: texts", 1 <= len(texts) <= 2, [text["text"] for text in texts], "one or two")
        said = texts[0]["text"].removeprefix("✓").strip()
        if value is None:
            expect(f"{where}: the text of a cell without a number", said, "–")
        elif cell["width"] > 44:
            got = number_of(said.split(" ")[0])
            expect_that(f"{where}: its number", abs(got - value) <= 0.05 * abs(value), said, value)

    @staticmethod
    def states(page):
        """Yields after each choice of a quantity."""
        for quantity in ("metric", "factor"):
            choose(page, "quantity", quantity)
            yield
