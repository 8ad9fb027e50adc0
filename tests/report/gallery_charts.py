"""Checks that each chart of the gallery shows the page's data."""
from geometry import TOP, check_chosen, check_line, choose
from page_in_browser import expect


class GalleryCharts:
    def __init__(self, page):
        self.data, self.place = page.data, page.run("return +document.getElementById('z').value")

    def charts(self):
        return {("curves", a["name"]): lambda d, a=a: self.check_curves(d, a) for a in self.data["activations"]}

    def check_curves(self, drawing, activation):
        """Checks f, f' and f'' from -2 to 2, and their points at the chosen z."""
        across, _ = drawing.take_axes()
        x, y = drawing.axis(0, across, (drawing.left, drawing.right)), drawing.axis(1, "f, f′, f″", (drawing.bottom, TOP))
        y.expect_at_most(2)
        z = self.data["z"]
        check_chosen(drawing, x, z[self.place])
        for quantity in ("value", "slope", "curvature"):
            where, values = f"{drawing.name}: {quantity}", activation[quantity]
            check_line(where, drawing.take_one("path", f"curve of-{quantity}")["d"], list(zip(z, values)), x, y,
                       drawn=lambda point: point[1] is not None and -2 <= point[1] <= 2)
            points, at = drawing.take("circle", f"point of-{quantity}", group="chosen"), values[self.place]
            expect(f"{where}: points at the chosen z", len(points), int(at is not None and -2 <= at <= 2))
            for point in points:
                x.compare(f"{where} at the chosen z", point["cx"], z[self.place])
                y.compare(f"{where} at the chosen z", point["cy"], at)

    @staticmethod
    def states(page):
        """Chooses some values of z and yields after each choice."""
        for place in (len(page.data["z"]) // 2, 0, len(page.data["z"]) * 3 // 4):
            choose(page, "z", place)
            yield
