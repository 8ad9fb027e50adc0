#!/usr/bin/env python3
"""Checks the report of some runs in a browser, by mouse and by keyboard.

    run_in_browser.py PAGE.html GRADIENTS.csv [--screenshots FOLDER]

Compares every gradient that the page shows with the table that the same command wrote. The columns of the table are
activation, seed, step, layer, quantity and value.
"""
import argparse
import csv
import statistics
import sys

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from geometry import check_wide_and_narrow
from page_in_browser import Page, agree, expect, expect_that, number, run_checks, with_screenshots
from run_charts import RunCharts

SLOWEST_SLIDE = 200  # milliseconds on a busy machine; an idle machine should need less than 50


class Report(Page):
    @property
    def runs(self):
        return self.data["runs"]

    def profile(self):
        return self.run("return [...document.querySelectorAll('#profile path.line')].map(p => p.getAttribute('d'))")

    def steps(self):
        return sorted({step for run in self.runs for step in run["flow"]["steps"]})


def read_gradients(path):
    table = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            key = row["activation"], row["seed"], int(row["step"]), int(row["layer"]), row["quantity"]
            table[key] = number(row["value"])
    return table


def seed(run, table):
    """Returns the seed of a run. A page without seeds has only one seed, which is in the table."""
    return str(run["seed"]) if "seed" in run else next((key[1] for key in table if key[0] == run["name"]), "")


def check_values(page, table, cells, where):
    """Checks that the numbers in the page are in the table. Returns their places: (run, step, layer, quantity)."""
    seen = set()
    for cell in cells:
        run = page.runs[int(cell["run"])]
        key = (run["name"], seed(run, table), int(cell["step"]), int(cell["layer"]), cell["quantity"])
        place = f"{where}: {run['name']}, seed {key[1]}, step {key[2]}, layer {key[3]}, {key[4]}"
        expect_that(place, key in table, "a number in the page only", "a number in the table too")
        got = number(cell.get("value"))
        expect_that(place, agree(got, table[key]), cell.get("value", "no number"), table[key])
        seen.add((int(cell["run"]), key[2], key[3], key[4]))
    return seen


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
            expect("the text of a cell (expected: its number)", cell["text"], cell.get("value", "–"))
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
        expect("the step that the slider shows", page.text("#step-text"), str(step))
        cells = page.values("#profile td[data-quantity='delta_norm']")
        expected = [(r, run["flow"]["steps"][max(k for k, s in enumerate(run["flow"]["steps"]) if s <= step)])
                    for r, run in enumerate(page.runs) if run["flow"]["steps"][0] <= step]
        seen = check_values(page, table, cells, f"profile at step {step}")
        expect_that(f"runs and steps in the profile at step {step}", {place[:2] for place in seen} == set(expected),
                    {place[:2] for place in seen}, set(expected))
        count += len(cells)
        if i == 1:
            expect_that("the profile after one step of the slider", page.profile() != before, "unchanged", "changed")
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


def check_choice(page):
    """Checks that Enter on the last cell of a heat map chooses its step."""
    heat = page.visible("#flow .grid figure .chart")[0]
    page.run("arguments[0].focus()", heat)
    page.press(Keys.END, Keys.ENTER)
    last = page.runs[0]["flow"]["steps"][-1]
    expect("the step that Enter on the last cell chooses", page.text("#step-text"), str(last))
    return f"step {last} by Enter on the last cell"


def check_words(page):
    for index, run in enumerate(page.runs):
        card = page.one(f"#card-{index}").text
        words = [run["name"], run.get("divergence") or ""]
        if run["verdict"]:
            words += run["verdict"].values()
        words += run["cures"]
        for finding in run.get("findings") or []:
            words += [finding["mechanism"], finding.get("text") or "", *(finding.get("remedies") or [])]
        for text in words:
            expect_that(f"the card of {run['name']}", text in card, card, text)
    expect_that("the note on the shown steps and epochs", page.data["thinning"] in page.text("#note"), page.text("#note"),
                page.data["thinning"])
    return f"{len(page.runs)} diagnoses"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page")
    parser.add_argument("gradients")
    arguments = with_screenshots(parser)
    table = read_gradients(arguments.gradients)
    return run_checks(Report(arguments.page), (
        ("words", check_words), ("heat maps", lambda page: check_heat_maps(page, table)),
        ("slider", lambda page: check_slider(page, table)), ("runs", check_toggles), ("mouse", check_hover),
        ("choice", check_choice), ("charts", lambda page: check_wide_and_narrow(page, RunCharts))), arguments.screenshots)


if __name__ == "__main__":
    sys.exit(main())
