#!/usr/bin/env python3
"""Checks every chart of every page, drawn from numbers of every kind, in a wide and in a narrow window.

    charts_in_browser.py RUN.html GALLERY.html SWEEP.html [--plant] [--screenshots FOLDER]

The pages are written by the commands of gradflow. This script replaces their numbers by the numbers of kinds.py. The
expected content of each chart is in run_charts.py, gallery_charts.py and sweep_charts.py. --plant tests the checks
themselves: it plants faults in the pages' scripts, one at a time, and expects the checks to find each fault.
"""
import argparse
import json
import pathlib
import re
import sys
import tempfile

from gallery_charts import GalleryCharts
from geometry import check_drawings
from kinds import gallery_pages, run_pages, sweep_pages
from page_in_browser import WIDTHS, Page, Wrong, check_console, expect, with_screenshots
from run_charts import RunCharts
from sweep_charts import SweepCharts

DATA = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)
PAGES = {"run": (run_pages, RunCharts), "gallery": (gallery_pages, GalleryCharts), "sweep": (sweep_pages, SweepCharts)}

# (page, kind of numbers, text that occurs once in the page's script, text that replaces it)
FAULTS = (
    # scales and ticks
    ("run", "negative", "d3.scaleLinear().domain([low, high > low ? high : low + Math.max(1, Math.abs(low))])",
     "d3.scaleLinear([low, high > low ? high : low + Math.max(1, Math.abs(low))])"),
    ("run", "negative", "d3.scaleLinear().domain(domain).range(range).clamp(true)",
     "d3.scaleLinear().domain(domain).range([range[1], range[0]]).clamp(true)"),
    ("run", "negative", "ticks.map(at => ({ at, text: text(at) }))",
     "ticks.map((at, i) => ({ at, text: text(ticks[Math.max(0, i - 1)]) }))"),
    ("run", "tiny", 'scientific(at.toExponential(0)).replace(/^1·/, "")', "power(at)"),
    ("run", "ordinary, with theory", "d3.scaleLog().domain([foot, high]).range([bottom, top])",
     "d3.scaleLinear().domain([foot, high]).range([bottom, top])"),
    ("run", "exactly 0", "low / 10 ** Math.max(0.3, decades / 8) : low", "low : low"),
    ("run", "tiny", "high = d3.max([high, ...include]);", ""),
    ("run", "ordinary, with theory", "d3.scaleSymlog().domain([0, lastStep])", "d3.scaleLinear().domain([0, lastStep])"),
    ("run", "ordinary, with theory", "depth > 1 ? [depth - 1, 0]", "depth > 1 ? [0, depth - 1]"),
    # lines
    ("run", "negative", "const off = known.filter(p => y.beyond(p.y));", "const off = [];"),
    ("run", "missing", "d3.line().defined(p => p.y !== null)", "d3.line()"),
    ("run", "missing", "i % every === 0 || alone(p)", "i % every === 0"),
    ("run", "ordinary, with theory", ".y1(p => y(p.high))", ".y1(p => y(p.y))"),
    ("run", "ordinary, with theory", "Math.exp(3 * Math.sqrt(variance))", "Math.exp(2 * Math.sqrt(variance))"),
    ("run", "ordinary, with theory", "`translate(${x(p.x)},${y(p.y)})` });", "`translate(${x(p.x)},${y(1)})` });"),
    ("run", "ordinary, with theory", "${y(reference)}H", "${y(2 * reference)}H"),
    ("run", "ordinary, with theory", "free = Math.max(free + 15, py);", "free = free + 15;"),
    ("run", "ordinary, with theory", "chosen: () => steps[chosen.step] });", "chosen: () => steps[0] });"),
    ("run", "diverged", "d3.bisectRight(run.at, steps[chosen.step]) - 1;", "Math.min(chosen.step, run.at.length) - 1;"),
    ("run", "ordinary, with theory", 'health: {},', 'health: { loss: { title: "loss", unit: "share of units", include: [0, 1] } },'),
    # cells
    ("run", "ordinary, with theory", "edges[i], y: y(layer + 0.5)", "edges[i], y: y(last - layer + 0.5)"),
    ("run", "ordinary, with theory", "domain([-0.5, depth - 0.5])", "domain([depth - 0.5, -0.5])"),
    ("run", "ordinary, with theory", "d3.pairs(place, (a, b) => (a + b) / 2)", "d3.pairs(place, (a, b) => b)"),
    ("run", "ordinary, with theory", "fill: cell.y === null", "fill: cell.y < 0.5"),
    ("run", "ordinary, with theory", "colour(cell.y) }).datum", "colour(3 * cell.y) }).datum"),
    ("run", "ordinary, with theory", "fill: colour(x.invert(left + 2))", "fill: colour(x.invert(340 - left))"),
    ("run", "ordinary, with theory", "${y(chosen.layer + 0.5)}H${end}", "${y(chosen.layer + 1.5)}H${end}"),
    # bars, curves, the boundary
    ("run", "ordinary, with theory", "x: x(low) + 0.5, width", "x: x(high) + 0.5, width"),
    ("run", "ordinary, with theory", "share: count / 1000", "share: count / 500"),
    ("run", "ordinary, with theory", '[[f, "", "f"], [slope, "slope", "f′"]]', '[[slope, "", "f"], [f, "slope", "f′"]]'),
    ("run", "missing", "seen = ([, v]) => v !== null && v >= low", "seen = ([, v]) => v >= low"),
    ("run", "probabilities", "paint.fillRect(c, line, 1, 1)", "paint.fillRect(c, r, 1, 1)"),
    ("run", "probabilities", "d3.interpolatePuOr(0.15 + 0.7 * v)", "d3.interpolatePuOr(0.85 - 0.7 * v)"),
    ("run", "classes", "translate(${x(at1)},${y(at2)})", "translate(${x(at2)},${y(at1)})"),
    # the gallery
    ("gallery", "huge and tiny", "Math.max(-2, lowest), Math.min(2, highest)", "lowest, highest"),
    ("gallery", "as it is", "linear(d3.extent(z), range)", "linear([0, d3.max(z)], range)"),
    ("gallery", "as it is", "y: activation[quantity][i], of", "y: activation.value[i], of"),
    ("gallery", "coming and going", "d3.line().defined(p => inSight(p.y))", "d3.line()"),
    ("gallery", "as it is", "cy: this.y(y), r", "cy: this.y(-y), r"),
    # the map of a sweep
    ("sweep", "ordinary", "y: top + r * rowHeight + head", "y: top + (rows.length - 1 - r) * rowHeight + head"),
    ("sweep", "ordinary", "box = { x: left + c * width", "box = { x: left + (depths.length - 1 - c) * width"),
    ("sweep", "ordinary", "ramp: d3.scaleLog()", "ramp: d3.scaleLinear()"),
    ("sweep", "ordinary", "M${ramp(mark)},14V30", "M${ramp(mark / 2)},14V30"),
    ("sweep", "ordinary", "return brief(cell[quantity], 3)", "return brief(2 * cell[quantity], 3)"),
)


def check_page(page, kind, width):
    page.messages.clear()
    counts = check_drawings(page, PAGES[kind][1], width)
    check_console(page)
    return counts


class Pages:
    """Writes the pages with other numbers, and holds the browser that opens them."""

    def __init__(self, paths, work):
        self.texts = {kind: pathlib.Path(path).read_text() for kind, path in zip(PAGES, paths)}
        self.data = {kind: json.loads(DATA.search(text)[2]) for kind, text in self.texts.items()}
        self.path = pathlib.Path(work) / "page.html"
        self.path.write_text("")
        self.page, self.at = Page(self.path), "planted faults"

    def of(self, kind):
        return PAGES[kind][0](self.data[kind])

    def write(self, kind, data, change=lambda text: text):
        text = json.dumps(data).replace("<", "\\u003c")
        self.path.write_text(change(DATA.sub(lambda found: found[1] + text + found[3], self.texts[kind])))


def check_all(pages, screenshots):
    for kind in PAGES:
        for name, data in pages.of(kind):
            pages.write(kind, data)
            for width in WIDTHS:
                pages.at = f"{kind}, {name}, {width} wide"
                charts, marks = check_page(pages.page, kind, width)
                if screenshots:
                    pages.page.screenshot(screenshots, re.sub(r"\W+", "-", f"{kind}-{name}-{width}"))
            print(f"{kind:8} {name:24} {charts} charts, {marks} marks", flush=True)


def check_faults(pages):
    missed = []
    for kind, name, stands, instead in FAULTS:
        def change(text):
            expect(f"number of times that the page's script contains: {stands}", text.count(stands), 1)
            return text.replace(stands, instead)

        pages.write(kind, dict(pages.of(kind))[name], change)
        try:
            check_page(pages.page, kind, WIDTHS[0])
        except Wrong as wrong:
            print(f"{kind:8} {instead:80.80} {str(wrong).splitlines()[0]}", flush=True)
        else:
            missed.append(f"{kind}, {name}: {instead}")
    expect("faults that were not found", missed, [])
    print(f"all {len(FAULTS)} faults were found")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind in PAGES:
        parser.add_argument(kind)
    parser.add_argument("--plant", action="store_true")
    arguments = with_screenshots(parser)
    with tempfile.TemporaryDirectory() as work:
        pages = Pages([vars(arguments)[kind] for kind in PAGES], work)
        try:
            if arguments.plant:
                check_faults(pages)
            else:
                check_all(pages, arguments.screenshots)
        except Wrong as wrong:
            print(f"WRONG: {pages.at}: {wrong}")
            return 1
        finally:
            pages.page.driver.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
