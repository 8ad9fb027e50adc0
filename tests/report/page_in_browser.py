"""Shared by the tests of all pages: the browser, the functions that compare, and the checks that every page must pass.
Every page shows its numbers by keyboard alone, has a table for each chart, and is readable in wide and narrow windows, in
light and dark themes. No page fetches anything or writes to the console.

Needs Debian's chromium, chromium-driver and python3-selenium.
"""
import base64
import json
import math
import pathlib

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

WIDTHS = (1400, 420)
THEMES = ("light", "dark")
PRECISION = 1e-12
FOCUSABLE = "button, input, select, [tabindex='0']"

# Collects errors of the page's script that the driver does not find on the console, such as errors of a ResizeObserver.
COLLECT_ERRORS = """window.errors = [];
addEventListener("error", ({ message }) => errors.push(message));
addEventListener("unhandledrejection", ({ reason }) => errors.push(String(reason)));"""


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
    """Returns None for a number that is not finite. The page has null instead of such numbers."""
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
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COLLECT_ERRORS})
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})
        self.address = pathlib.Path(path).resolve().as_uri()
        self.requests = []
        self.messages = []

    def resize(self, width):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def open(self, width, theme):
        self.collect_messages()
        self.resize(width)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": theme}]})
        self.driver.get(self.address)
        self.settle()
        self.data = json.loads(self.run("return document.getElementById('data').textContent"))

    def settle(self):
        """Waits until all changes are drawn. The page draws for a new width one frame after it has noticed the width."""
        self.driver.execute_async_script("""const done = arguments[0];
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))""")

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
        """Scrolls the element to the middle of the window before the click, because the controls cover the upper edge."""
        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()
        self.settle()

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def values(self, selector):
        """Returns the data- attributes (run, layer, step, quantity, value) and the text of rects and table cells."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map("
                        "e => ({ ...e.dataset, text: e.textContent }))", selector)

    def collect_messages(self):
        """Collects the messages of the open page. Call this before opening another page."""
        self.messages += [entry["message"] for entry in self.driver.get_log("browser")]
        self.messages += self.run("return window.errors ?? []")

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


def check_console(page):
    page.collect_messages()
    expect("messages on the console, and errors", page.messages, [])
    return "nothing"


def check_resizing(page):
    """Checks that all charts fit after a change of the width without a reload, also with open tables."""
    page.open(WIDTHS[0], THEMES[0])
    for width in (WIDTHS[1], 800, WIDTHS[0], WIDTHS[1]):
        page.resize(width)
        page.settle()
        check_width(page, f"after a change to {width}")
        for figure in page.visible("figure"):
            room, drawn = page.run("""const svg = arguments[0].querySelector(".chart");
              return [svg.clientWidth, Math.max(...[...svg.querySelectorAll(".axis-line, .cell, .frame")].map(
                mark => mark.getBBox().x + mark.getBBox().width))]""", figure)
            # The names of lines take up to 150 px.
            expect_that(f"a chart after a change to {width}", room - 150 < drawn <= room, drawn, f"nearly {room}")
        for button in page.visible(".show-table")[:3]:
            page.click(button)
    check_console(page)
    return "the charts fit at every width, with open and closed tables"


def check_keyboard(page):
    """Checks that Tab reaches every control in the order of the page, that the focused control has a ring, and that the
    arrow keys read each chart."""
    page.open(WIDTHS[0], THEMES[0])
    controls = page.visible(FOCUSABLE)
    charts = 0
    for control in controls:
        page.press(Keys.TAB)
        focused = page.driver.switch_to.active_element
        expect("the control that Tab reaches", focused.get_attribute("outerHTML")[:90], control.get_attribute("outerHTML")[:90])
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
            expect_that(f"the text announced for {name}", len(said) > 3, said, "a value")
            expect(f"the tooltip of {name}", page.text("#tooltip"), said)
            expect(f"the tooltip of {name} is seen", page.one("#tooltip").is_displayed(), True)
        page.press(Keys.ESCAPE)
        expect(f"the tooltip of {name} after Escape", page.one("#tooltip").is_displayed(), False)
    return f"{len(controls)} controls by Tab, each with a visible ring; {charts} charts by arrow keys"


def check_tables(page):
    page.open(WIDTHS[0], THEMES[0])
    buttons, cells = page.visible(".show-table"), 0
    figures = page.visible("figure")
    expect("number of table buttons (expected: number of charts)", len(buttons), len(figures))
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


LIGHT = """
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const light = colour => {
  paint.fillStyle = colour, paint.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const between = (...colours) => {
  const [a, b] = colours.map(light).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
"""

CONTRAST = LIGHT + """
const ground = element => {
  const colour = getComputedStyle(element).backgroundColor;
  return colour === "rgba(0, 0, 0, 0)" && element.parentElement ? ground(element.parentElement) : colour;
};
const [selector, property] = arguments;
return [...document.querySelectorAll(selector)].map(element =>
  [element.textContent.slice(0, 40), between(getComputedStyle(element)[property], ground(element)),
   light(ground(document.body))]);
"""

# Returns the contrast between the texts on a heat map and their cells.
CONTRAST_OF = LIGHT + """
return [...document.querySelectorAll(".on-cell")].map(text => {
  const { left, top, height } = text.getBoundingClientRect(), y = top + height / 2;
  const cell = [...document.querySelectorAll("rect.cell")].find(rect => {
    const box = rect.getBoundingClientRect();
    return box.left <= left && left <= box.right && box.top <= y && y <= box.bottom;
  });
  return [text.textContent, between(getComputedStyle(text).fill, getComputedStyle(cell).fill)];
});
"""


def check_look(page, width, theme):
    where = f"at {width}, {theme}"
    check_width(page, where)
    count = 0
    for selector, colour, least in (("h1, h2, h3, p, button, select, label, li, code, th, td", "color", 4.5),
                                    ("svg.chart text:not(.on-cell)", "fill", 4.5),
                                    ("path.line, path.theory, path.curve", "stroke", 3)):
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


def check_end(page):
    """Checks that the end of the page has the command, the version and the settings."""
    end = page.one("#repeat").text
    for text in [page.data["command"], page.data["version"], *(text for pair in page.data["settings"] for text in pair)]:
        expect_that("the end of the page", text in end, end, text)
    return f"the command, the version and {len(page.data['settings'])} settings"


def check_requests(page):
    page.collect_requests()
    fetched = [url for url in page.requests if not url.startswith("data:") and url != page.address]
    expect("addresses fetched besides the page", fetched, [])
    return "only the page itself"


def run_checks(page, checks, screenshots):
    """Runs the checks and the checks for all pages. Prints the result of each check. Returns the exit code."""
    try:
        page.open(WIDTHS[0], THEMES[0])
        for name, check in (*checks, ("keyboard", check_keyboard), ("tables", check_tables),
                            ("resizing", check_resizing), ("end", check_end),
                            ("looks", lambda page: check_looks(page, screenshots)), ("fetched", check_requests),
                            ("console", check_console)):
            try:
                print(f"{name:10} {check(page)}", flush=True)
            except Wrong as wrong:
                print(f"{name:10} WRONG: {wrong}\n  console   {page.messages}")
                return 1
            except WebDriverException as error:
                print(f"{name:10} WRONG: the browser reports: {error.msg}")
                return 1
    finally:
        page.driver.quit()
    return 0


def with_screenshots(parser):
    """Adds --screenshots to the parser, parses, and makes the folder for the screenshots. Returns the arguments."""
    parser.add_argument("--screenshots", metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.screenshots:
        pathlib.Path(arguments.screenshots).mkdir(parents=True, exist_ok=True)
    return arguments
