#!/usr/bin/env python3
"""Reads a report as its reader does: in a browser, by mouse, by keyboard alone, wide and narrow, in light and in dark.

    browser_test.py PAGE.html GRADIENTS.csv [--screenshots FOLDER]

Compares every gradient that the page shows with the table that the same run wrote: columns activation, seed, step,
layer, quantity, value. Nothing may be fetched and nothing may be said on the console. Needs Debian's chromium,
chromium-driver and python3-selenium.
"""
import argparse
import base64
import csv
import json
import math
import pathlib
import statistics
import sys

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

WIDTHS = (1400, 420)
THEMES = ("light", "dark")
GRADIENTS = ("delta_norm", "weight_gradient_norm", "bias_gradient_norm")
PRECISION = 1e-12
FOCUSABLE = "button, input, select, [tabindex='0']"
SLOWEST_SLIDE = 200  # milliseconds, on a machine that does other things as well; alone it should take less than 50


class Wrong(Exception):
    def __init__(self, where, got, expected):
        super().__init__(f"{where}\n  got       {got}\n  expected  {expected}")


def expect(where, got, expected):
    if got != expected:
        raise Wrong(where, got, expected)


def expect_that(where, holds, got, expected):
    if not holds:
        raise Wrong(where, got, expected)


def number(text):
    """A number that is not finite is null in the page: None."""
    value = float(text) if text else math.nan
    return value if math.isfinite(value) else None


def agree(a, b):
    return a == b if a is None or b is None else abs(a - b) <= PRECISION * max(abs(a), abs(b))


class Page:
    def __init__(self, path):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options)
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})
        self.address = pathlib.Path(path).resolve().as_uri()
        self.requests = []

    def open(self, width, theme):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": theme}]})
        self.driver.get(self.address)
        self.settle()
        self.data = json.loads(self.run("return document.getElementById('data').textContent"))
        self.runs = self.data["runs"]

    def settle(self):
        """Until what was changed has been drawn."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done))")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        expect(f"elements that match {selector}", len(found), 1)
        return found[0]

    def visible(self, selector):
        return [element for element in self.all(selector) if element.is_displayed()]

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()
        self.settle()

    def click(self, element):
        """From the middle of the window, as the controls may cover its upper edge."""
        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()
        self.settle()

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def values(self, selector):
        """What rects and cells say of themselves, run, layer, step, quantity and value; and their text."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map("
                        "e => ({ ...e.dataset, text: e.textContent }))", selector)

    def profile(self):
        return self.run("return [...document.querySelectorAll('#profile path.line')].map(p => p.getAttribute('d'))")

    def steps(self):
        return sorted({step for run in self.runs for step in run["flow"]["steps"]})

    def collect_requests(self):
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])

    def screenshot(self, folder, name):
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return innerWidth")
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
        (pathlib.Path(folder) / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def read_gradients(path):
    table = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            key = row["activation"], row["seed"], int(row["step"]), int(row["layer"]), row["quantity"]
            table[key] = number(row["value"])
    return table


def seed(run, table):
    """A page that does not say has one seed."""
    return str(run["seed"]) if "seed" in run else next((key[1] for key in table if key[0] == run["name"]), "")


def check_values(page, table, cells, where):
    """Every number in the page is that of the table. Returns which numbers, as (run, step, layer, quantity)."""
    seen = set()
    for cell in cells:
        run = page.runs[int(cell["run"])]
        key = (run["name"], seed(run, table), int(cell["step"]), int(cell["layer"]), cell["quantity"])
        place = f"{where}: {run['name']}, seed {key[1]}, step {key[2]}, layer {key[3]}, {key[4]}"
        expect_that(place, key in table, "a number in the page", "the same place in the table")
        got = number(cell.get("value"))
        expect_that(place, agree(got, table[key]), cell.get("value", "no number"), table[key])
        seen.add((int(cell["run"]), key[2], key[3], key[4]))
    return seen


def check_console(page):
    messages = page.driver.get_log("browser")
    expect("messages on the console", [message["message"] for message in messages], [])
    return "nothing"


def check_heat_maps(page, table):
    count = 0
    quantities = [option.get_attribute("value") for option in Select(page.one("#quantity")).options]
    expect("the first quantity of the heat maps", quantities[0], "delta_norm")
    for quantity in quantities:
        Select(page.one("#quantity")).select_by_value(quantity)
        page.settle()
        there = {(r, step, layer, quantity) for r, run in enumerate(page.runs) if run["flow"].get(quantity)
                 for step in run["flow"]["steps"] for layer in range(len(run["layers"]))}
        figures = page.visible("#flow .grid figure")
        for figure in figures:
            button = figure.find_element(By.CSS_SELECTOR, ".show-table")
            if button.get_attribute("aria-expanded") == "false":
                page.click(button)
        for kind in ("rect", "td"):
            cells = page.values(f"#flow .grid figure:not([hidden]) {kind}[data-quantity='{quantity}']")
            seen = check_values(page, table, cells, f"{kind} of a heat map")
            expect(f"numbers of {quantity} as {kind}", len(cells), len(there))
            expect_that(f"places of {quantity} as {kind}", seen == there, f"{len(seen)} places", f"{len(there)} places")
            count += len(cells)
        for cell in cells:
            expect("text of a cell, and its number", cell["text"], cell.get("value", "–"))
    for button in page.visible("#flow .grid .show-table"):
        page.click(button)
    Select(page.one("#quantity")).select_by_value("delta_norm")
    page.settle()
    return f"{count} numbers of {', '.join(quantities)}, in rects and in tables"


def check_slider(page, table):
    steps, count = page.steps(), 0
    page.click(page.one("#profile .show-table"))
    page.run("document.getElementById('step').focus()")
    page.press(Keys.HOME)
    before = page.profile()
    for i, step in enumerate(steps):
        expect("the step that the slider names", page.text("#step-text"), str(step))
        cells = page.values("#profile td[data-quantity='delta_norm']")
        expected = [(r, run["flow"]["steps"][max(k for k, s in enumerate(run["flow"]["steps"]) if s <= step)])
                    for r, run in enumerate(page.runs) if run["flow"]["steps"][0] <= step]
        seen = check_values(page, table, cells, f"profile at step {step}")
        expect_that(f"runs and steps in the profile at step {step}", {place[:2] for place in seen} == set(expected),
                    {place[:2] for place in seen}, set(expected))
        count += len(cells)
        if i == 1:
            expect_that("the profile, one step further", page.profile() != before, "as before", "changed")
        page.press(Keys.ARROW_RIGHT)
    page.click(page.one("#profile .show-table"))
    times = page.run("""const slider = document.getElementById("step"), times = [];
      for (let i = 0; i < 21; ++i) {
        const start = performance.now();
        slider.value = i % (+slider.max + 1);
        slider.dispatchEvent(new Event("input"));
        document.body.offsetHeight;
        times.push(performance.now() - start);
      }
      return times""")
    slide = statistics.median(times)
    expect_that("milliseconds for a move of the slider", slide < SLOWEST_SLIDE, slide, f"less than {SLOWEST_SLIDE}")
    page.press(Keys.HOME)
    return f"{len(steps)} steps by keyboard, {count} numbers of the profile; a move takes {slide:.0f} ms"


def check_toggles(page):
    lines = len(page.profile())
    toggles = page.all("button.run-toggle[data-run]")
    expect("buttons of runs", len(toggles), len(page.runs))
    for toggle in toggles:
        for pressed, fewer in (("false", 1), ("true", 0)):
            page.run("arguments[0].focus()", toggle)
            page.press(Keys.SPACE)
            expect("aria-pressed of a run's button", toggle.get_attribute("aria-pressed"), pressed)
            expect("lines in the profile", len(page.profile()), lines - fewer)
            expect("heat maps", len(page.visible("#flow .grid figure")), len(page.runs) - fewer)
    return f"{len(toggles)} runs off and on"


def check_hover(page):
    count = 0
    for figure in page.visible("#flow .grid figure"):
        cells = figure.find_elements(By.CSS_SELECTOR, "rect[data-value]")
        for cell in (cells[0], cells[len(cells) // 2], cells[-1]):
            page.run("arguments[0].scrollIntoView({block: 'center'})", cell)
            ActionChains(page.driver).move_to_element(cell).perform()
            tip = page.one("#tooltip")
            expect("the tooltip of a cell is seen", tip.is_displayed(), True)
            for word in (cell.get_attribute("data-value"), f"step {cell.get_attribute('data-step')}",
                         f"layer {cell.get_attribute('data-layer')}"):
                expect_that("the tooltip of a cell", word in tip.text, tip.text, f"to name {word}")
            count += 1
    return f"{count} cells, with the number, the step and the layer"


def check_keyboard(page):
    """Every control by Tab alone, in the order of the page; each with a ring around it; each chart by arrow keys."""
    page.open(WIDTHS[0], THEMES[0])
    controls = page.visible(FOCUSABLE)
    charts = 0
    for control in controls:
        page.press(Keys.TAB)
        focused = page.driver.switch_to.active_element
        expect("what Tab comes to", focused.get_attribute("outerHTML")[:90], control.get_attribute("outerHTML")[:90])
        style, width = page.run("const s = getComputedStyle(document.activeElement);"
                                "return [s.outlineStyle, parseFloat(s.outlineWidth)]")
        name = focused.get_attribute("id") or focused.get_attribute("aria-label") or focused.text
        expect_that(f"the ring around {name}", style != "none" and width >= 2, f"{style} {width}", "a visible outline")
        top, bottom, bar = page.run("""
          const focused = document.activeElement, controls = document.getElementById("controls");
          const { top, bottom } = focused.getBoundingClientRect(), bar = controls.getBoundingClientRect();
          return [top, bottom, bar.top > 0 || controls.contains(focused) ? 0 : bar.bottom]""")
        expect_that(f"{name} is in view", bottom > bar and top < 900, f"{top:.0f} to {bottom:.0f}", f"{bar:.0f} to 900")
        if focused.get_attribute("class") != "chart":
            continue
        charts += 1
        for key in (Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.END, Keys.ARROW_UP):
            page.press(key)
            said = page.text("#announce")
            expect_that(f"what is announced of {name}", len(said) > 3, said, "a value")
            expect(f"the tooltip of {name}", page.text("#tooltip"), said)
            expect(f"the tooltip of {name} is seen", page.one("#tooltip").is_displayed(), True)
        page.press(Keys.ESCAPE)
        expect(f"the tooltip of {name} after Escape", page.one("#tooltip").is_displayed(), False)
    heat = page.visible("#flow .grid figure .chart")[0]
    page.run("arguments[0].focus()", heat)
    page.press(Keys.END, Keys.ENTER)
    last = page.runs[0]["flow"]["steps"][-1]
    expect("the step that Enter on the last cell picks", page.text("#step-text"), str(last))
    return f"{len(controls)} controls by Tab, each with a visible ring; {charts} charts by arrow keys"


def check_tables(page):
    page.open(WIDTHS[0], THEMES[0])
    buttons, cells = page.visible(".show-table"), 0
    figures = page.visible("figure")
    expect("buttons of tables, and charts", len(buttons), len(figures))
    for button, figure in zip(buttons, figures):
        title = button.get_attribute("aria-label")
        page.click(button)
        expect(f"aria-expanded of the {title}", button.get_attribute("aria-expanded"), "true")
        tables = [table for table in figure.find_elements(By.TAG_NAME, "table") if table.is_displayed()]
        expect(f"tables of the {title}", len(tables), 1)
        rows = len(figure.find_elements(By.CSS_SELECTOR, "tbody tr"))
        numbers = len(figure.find_elements(By.CSS_SELECTOR, "td[data-value]"))
        expect_that(f"rows of the {title}", rows > 0, rows, "at least one")
        expect_that(f"numbers in the {title}", numbers > 0, numbers, "at least one")
        cells += numbers
    check_width(page, "with all tables open")
    for button in buttons:
        page.click(button)
    return f"{len(buttons)} tables with {cells} numbers"


def check_width(page, where):
    scroll, client = page.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    expect_that(f"width of the page {where}", scroll <= client, f"{scroll} in {client}", "no scrolling sideways")


CONTRAST = """
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const light = colour => {
  paint.fillStyle = colour, paint.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = element => {
  const colour = getComputedStyle(element).backgroundColor;
  return colour === "rgba(0, 0, 0, 0)" && element.parentElement ? ground(element.parentElement) : colour;
};
const [selector, property] = arguments;
return [...document.querySelectorAll(selector)].map(element => {
  const [a, b] = [light(getComputedStyle(element)[property]), light(ground(element))].sort((x, y) => y - x);
  return [element.textContent.slice(0, 40), (a + 0.05) / (b + 0.05), light(ground(document.body))];
});
"""


def check_look(page, width, theme):
    where = f"at {width}, {theme}"
    check_width(page, where)
    count = 0
    for selector, colour, least in (("h1, h2, h3, p, button, select, label, li, code, th, td", "color", 4.5),
                                    ("svg.chart text", "fill", 4.5), ("path.line, path.theory", "stroke", 3)):
        for name, contrast, paper in page.run(CONTRAST, selector, colour):
            expect_that(f"contrast of {selector} {where}: {name}", contrast >= least, f"{contrast:.2f}",
                        f"at least {least}")
            expect(f"paper is light {where}", paper > 0.5, theme == "light")
            count += 1
    for figure in page.visible("figure"):
        left, right = page.run("const b = arguments[0].getBoundingClientRect(); return [b.left, b.right]", figure)
        expect_that(f"a chart {where}", left >= 0 and right <= width, f"{left} to {right}", f"0 to {width}")
    return count


def check_looks(page, folder):
    count = 0
    for width in WIDTHS:
        for theme in THEMES:
            page.open(width, theme)
            count += check_look(page, width, theme)
            if folder:
                page.screenshot(folder, f"{width}-{theme}")
            page.click(page.one("#theme"))
            check_look(page, width, THEMES[theme == "light"])
    return f"{' and '.join(map(str, WIDTHS))} wide, {' and '.join(THEMES)}, by system and by button; {count} contrasts"


def check_words(page):
    for index, run in enumerate(page.runs):
        card = page.one(f"#card-{index}").text
        words = [run["name"], run.get("divergence") or ""]
        for finding in run.get("findings") or []:
            words += [finding["mechanism"], finding.get("text") or "", *(finding.get("remedies") or [])]
        for text in words:
            expect_that(f"the words on {run['name']}", text in card, card, text)
    end = page.one("#repeat").text if page.visible("#repeat") else ""
    for text in [page.data.get("command"), page.data.get("thinning"), page.data.get("version"),
                 *(value for pair in page.data.get("settings") or [] for value in pair)]:
        expect_that("the end of the page", not text or text in end, end, text)
    return f"{len(page.runs)} diagnoses, the settings and the command"


def check_requests(page):
    page.collect_requests()
    fetched = [url for url in page.requests if not url.startswith("data:") and url != page.address]
    expect("what was fetched besides the page", fetched, [])
    return "nothing but the page"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page")
    parser.add_argument("gradients")
    parser.add_argument("--screenshots", metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.screenshots:
        pathlib.Path(arguments.screenshots).mkdir(parents=True, exist_ok=True)
    table = read_gradients(arguments.gradients)
    page = Page(arguments.page)
    try:
        page.open(WIDTHS[0], THEMES[0])
        for name, check in (("words", lambda: check_words(page)), ("heat maps", lambda: check_heat_maps(page, table)),
                            ("slider", lambda: check_slider(page, table)), ("runs", lambda: check_toggles(page)),
                            ("mouse", lambda: check_hover(page)), ("keyboard", lambda: check_keyboard(page)),
                            ("tables", lambda: check_tables(page)),
                            ("looks", lambda: check_looks(page, arguments.screenshots)),
                            ("fetched", lambda: check_requests(page)), ("console", lambda: check_console(page))):
            try:
                print(f"{name:10} {check()}", flush=True)
            except Wrong as wrong:
                print(f"{name:10} WRONG: {wrong}\n  console   {page.driver.get_log('browser')}")
                return 1
            except WebDriverException as error:
                print(f"{name:10} WRONG: the browser says: {error.msg}")
                return 1
    finally:
        page.driver.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
