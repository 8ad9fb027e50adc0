#!/usr/bin/env python3
"""Checks the map of a sweep in a browser, by mouse and by keyboard.

    sweep_in_browser.py PAGE.html SWEEP.csv [--screenshots FOLDER]

Compares every number that the page shows with the table that the same sweep wrote. The table has a row for each run.
"""
import argparse
import collections
import csv
import math
import statistics
import sys

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from geometry import check_wide_and_narrow
from page_in_browser import CONTRAST_OF, Page, agree, expect, expect_that, number, run_checks, with_screenshots
from sweep_charts import SweepCharts

LETTERS = {"gradient_start": {"vanishing": "V", "exploding": "E", "dead": "0", "none": "0", "not finite": "N"},
           "learning": {"diverged": "D", "ended too early": "T"}}
PLACES = {"run_metric": "validation_metric", "run_factor": "factor_per_layer", "run_left": "gradient_left"}


def read_sweep(path):
    """Returns the runs of each cell: {(activation, init, depth): {seed: row}}."""
    cells = collections.defaultdict(dict)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            cells[row["activation"], row["init"], row["depth"]][row["seed"]] = row
    return cells


def mean(rows, quantity):
    """Returns the mean of the metric, or the geometric mean of the factors."""
    if quantity == "metric":
        numbers = [n for n in (number(row["validation_metric"]) for row in rows) if n is not None]
        return statistics.fmean(numbers) if numbers else None
    numbers = [number(row["factor_per_layer"]) for row in rows]
    return math.exp(statistics.fmean(math.log(n) for n in numbers))


def key(cell):
    return cell["activation"], cell["initializer"], cell["depth"]


def check_map(page, cells):
    count = 0
    page.click(page.one("#map .show-table"))
    quantities = Select(page.one("#quantity"))
    expect("quantities", [option.get_attribute("value") for option in quantities.options], ["metric", "factor"])
    for quantity in ("factor", "metric"):
        quantities.select_by_value(quantity)
        page.settle()
        for kind in ("rect", "td"):
            shown = page.values(f"#map {kind}[data-quantity]")
            expect(f"cells of the {quantity} as {kind}", sorted(map(key, shown)), sorted(cells))
            for cell in shown:
                expected = mean(cells[key(cell)].values(), quantity)
                got = number(cell.get("value"))
                place = f"{quantity} of {key(cell)} as {kind}"
                close = got == expected if None in (got, expected) else abs(got - expected) <= 1e-12 * abs(expected)
                expect_that(place, close, got, expected)
                if kind == "td" and expected is not None:
                    first = float(cell["text"].split(" ")[0])
                    expect_that(f"{place}, as text", abs(first - expected) <= 6e-3 * abs(expected), cell["text"],
                                expected)
            count += len(shown)
    page.click(page.one("#map .show-table"))
    return f"{count} numbers of {len(cells)} cells, in rects and in the table"


def check_runs(page, cells):
    shown = page.values("#all td[data-quantity]")
    for cell in shown:
        expected, got = cells[key(cell)][cell["seed"]][PLACES[cell["quantity"]]], cell.get("value")
        expect_that(f"{cell['quantity']} of {key(cell)}, seed {cell['seed']}", agree(number(got), number(expected)), got,
                    expected)
    expect("numbers of the runs", len(shown), len(PLACES) * sum(map(len, cells.values())))
    return f"{len(shown)} numbers of single runs"


def check_letters(page, cells):
    """Checks the letters, their contrast, and the ticks ✓."""
    texts = page.run("""return [...document.querySelectorAll("#map .chart text.middle.level")].map(e => {
      const { left, top, height } = e.getBoundingClientRect(), y = top + height / 2;
      const cell = [...document.querySelectorAll("#map rect.cell")].find(r => {
        const box = r.getBoundingClientRect();
        return box.left <= left && left <= box.right && box.top <= y && y <= box.bottom;
      });
      return [cell.dataset.activation, cell.dataset.initializer, cell.dataset.depth, e.textContent];
    })""")
    seen = collections.defaultdict(list)
    for *place, text in texts:
        seen[tuple(place)].append(text)
    marked = 0
    for place, rows in cells.items():
        said = [letter for column, names in LETTERS.items() for name, letter in names.items()
                if any(row[column] == name for row in rows.values())]
        letters = " ".join(dict.fromkeys(said))
        expect(f"letters of {place}", seen[place][1:], [letters] if letters else [])
        ticked = seen[place][0].startswith("✓")
        metrics = [number(row["validation_metric"]) for row in rows.values()]
        above = sum(metric is not None and metric > page.data["trains_above"] for metric in metrics)
        expect(f"✓ in the cell {place}", ticked, 2 * above > len(rows))
        marked += bool(letters)
    expect_that("cells with a letter", 0 < marked < len(cells), marked, "some and not all")
    for name, contrast in page.run(CONTRAST_OF):
        expect_that(f"contrast in a cell: {name}", contrast >= 4.5, f"{contrast:.2f}", "at least 4.5")
    return f"{marked} of {len(cells)} cells have letters"


def check_words(page, cells):
    said = [element.text for element in page.all("#sentences li")]
    rows = [f"{row['activation']}, {row['initializer']}: {row['conclusion']}." for row in page.data["rows"]]
    expect("sentences", said, rows)
    expect("rows", len(rows), len({place[:2] for place in cells}))
    return f"{len(said)} sentences"


def check_mouse_and_keys(page, cells):
    count = 0
    for cell in page.all("#map rect.cell"):
        page.run("arguments[0].scrollIntoView({block: 'center'})", cell)
        ActionChains(page.driver).move_to_element(cell).perform()
        said = page.text("#tooltip")
        place = tuple(cell.get_attribute(f"data-{part}") for part in ("activation", "initializer", "depth"))
        expect_that(f"the tooltip of {place}", said.startswith(f"{place[0]}, {place[1]}, depth {place[2]}: "), said, place)
        for name in {row[column] for row in cells[place].values()
                     for column in ("gradient_start", "gradient_end", "learning")}:
            expect_that(f"the tooltip of {place}", name in said, said, name)
        count += 1
    page.run("document.querySelector('#map .chart').focus()")
    page.press(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    row, depth = page.data["rows"][1], page.data["depths"][1]
    expected = f"{row['activation']}, {row['initializer']}, depth {depth}: "
    said = page.text("#announce")
    expect_that("the cell that the arrow keys reach", said.startswith(expected), said, expected)
    return f"{count} cells by mouse, with the states of the gradient"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page")
    parser.add_argument("sweep")
    arguments = with_screenshots(parser)
    cells = read_sweep(arguments.sweep)
    checks = [(name, lambda page, check=check: check(page, cells))
              for name, check in (("words", check_words), ("map", check_map), ("runs", check_runs), ("letters", check_letters),
                                  ("mouse", check_mouse_and_keys))]
    checks += [("charts", lambda page: check_wide_and_narrow(page, SweepCharts))]
    return run_checks(Page(arguments.page), checks, arguments.screenshots)


if __name__ == "__main__":
    sys.exit(main())
