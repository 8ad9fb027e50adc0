#!/usr/bin/env python3
"""Checks the gallery of activations in a browser, by mouse and by keyboard.

    gallery_in_browser.py PAGE.html [--screenshots FOLDER]

Compares the curves with textbook formulas. Compares every number that the page shows, at several z, with the page's data.
"""
import argparse
import math
import sys

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from gallery_charts import GalleryCharts
from geometry import check_wide_and_narrow
from page_in_browser import Page, agree, expect, expect_that, number, run_checks, with_screenshots

QUANTITIES = ("value", "slope", "curvature")
SIGNS = {"value": "f", "slope": "f′", "curvature": "f″"}


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


FORMULAS = {  # z -> (f, f', f'')
    "sigmoid": lambda z: (sigmoid(z), sigmoid(z) * sigmoid(-z), sigmoid(z) * sigmoid(-z) * (sigmoid(-z) - sigmoid(z))),
    "tanh": lambda z: (math.tanh(z), math.cosh(z) ** -2, -2 * math.tanh(z) * math.cosh(z) ** -2),
    "relu": lambda z: (max(z, 0), float(z > 0), 0),
    "leaky_relu": lambda z: (z if z > 0 else 0.2 * z, 1 if z > 0 else 0.2, 0),
    "softplus": lambda z: (math.log1p(math.exp(z)), sigmoid(z), sigmoid(z) * sigmoid(-z)),
    "sine": lambda z: (math.sin(z), math.cos(z), -math.sin(z)),
    "gaussian": lambda z: (math.exp(-z * z), -2 * z * math.exp(-z * z), (4 * z * z - 2) * math.exp(-z * z)),
}


def check_curves(page):
    known = 0
    for activation in page.data["activations"]:
        formula = FORMULAS.get(activation["name"])
        known += formula is not None
        for i, z in enumerate(page.data["z"]):
            for quantity, expected in zip(QUANTITIES, formula(z) if formula else ()):
                got = activation[quantity][i]
                expect_that(f"{quantity} of {activation['name']} at {z}", abs(got - expected) < 1e-13, got, expected)
    expect_that("number of activations with a known formula", known > 0, known, "at least one")
    return f"{known} of {len(page.data['activations'])} activations agree with their formulas, at {len(page.data['z'])} points"


def check_numbers(page, index):
    """Checks the numbers of the charts at the chosen z. Returns how many numbers were checked."""
    layers = page.data["layers"]
    expect("the z that the page shows", float(page.text("#z-text")), page.data["z"][index])
    shown = page.run("""return [...document.querySelectorAll("#curves figure")].map(figure => [
      figure.querySelector("h3").textContent,
      [...figure.querySelectorAll(".numbers [data-quantity]")].map(e =>
        [e.dataset.quantity, e.dataset.value, e.textContent]),
      figure.querySelectorAll(".chosen .over").length])""")
    by_name = {activation["name"]: activation for activation in page.data["activations"]}
    expect("charts", sorted(name for name, _, _ in shown), sorted(by_name))
    for name, numbers, lines in shown:
        activation = by_name[name]
        expect(f"lines at z in the chart of {name}", lines, 1)
        expected = {quantity: activation[quantity][index] for quantity in QUANTITIES}
        expected["left"] = expected["slope"] ** layers
        expect(f"numbers of {name}", [quantity for quantity, _, _ in numbers], list(expected))
        for quantity, value, text in numbers:
            place = f"{quantity} of {name} at z = {page.data['z'][index]}"
            expect_that(place, agree(number(value), expected[quantity]), value, expected[quantity])
            digits, _, exponent = text.partition("·10")
            seen = float(digits) * 10.0 ** int(exponent.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
            expect_that(f"{place}, as text", abs(seen - expected[quantity]) <= 6e-4 * abs(expected[quantity]),
                        text, expected[quantity])
    return sum(len(numbers) for _, numbers, _ in shown)


def check_slider(page):
    last, count = len(page.data["z"]) - 1, 0
    page.run("document.getElementById('z').focus()")
    for keys, index in (((), last // 2), ((Keys.HOME,), 0), ((Keys.ARROW_RIGHT,) * 3, 3), ((Keys.END,), last),
                        ((Keys.ARROW_LEFT,) * 20, last - 20)):
        page.press(*keys)
        count += check_numbers(page, index)
    return f"{count} numbers at 5 places of z"


def check_mouse(page):
    """Checks that the mouse on a point of a curve shows the number, and that a click there chooses the z."""
    count = 0
    for chart in page.visible("#curves .chart"):
        page.run("arguments[0].scrollIntoView({block: 'center'})", chart)
        box = chart.rect
        ActionChains(page.driver).move_to_element_with_offset(chart, int(box["width"] / 4), 0).perform()
        page.run("document.getElementById('tooltip').hidden = true")
        ActionChains(page.driver).move_by_offset(0, 3).perform()
        if page.one("#tooltip").is_displayed():
            said = page.text("#tooltip")
            name, _, rest = said.partition(": ")
            sign, _, rest = rest.partition("(")
            z, _, value = rest.partition(") = ")
            activation = next(a for a in page.data["activations"] if a["name"] == name)
            quantity = next(q for q in QUANTITIES if SIGNS[q] == sign)
            index = page.data["z"].index(float(z))
            expect_that(f"the tooltip of {name}", agree(float(value), activation[quantity][index]), said,
                        activation[quantity][index])
            ActionChains(page.driver).click().perform()
            check_numbers(page, index)
            count += 1
    expect_that("charts that show a number under the mouse", 2 * count > len(page.data["activations"]), count,
                "more than half of them")
    return f"{count} charts"


def check_order(page):
    page.run("document.getElementById('z').focus()")
    page.press(Keys.HOME)
    activations = page.data["activations"]
    sizes = {"library": lambda a: 0, "here": lambda a: abs(a["slope"][0]), "factor": lambda a: a["auto"]["factor"],
             "best": lambda a: max(a["slopes"]["high"], -a["slopes"]["low"])}
    order = Select(page.one("#order"))
    expect("orders", sorted(option.get_attribute("value") for option in order.options), sorted(sizes))
    for name, size in sizes.items():
        order.select_by_value(name)
        page.settle()
        got = page.run("return [...document.querySelectorAll('#curves figure h3')].map(e => e.textContent)")
        expect(f"charts by {name}", got, [a["name"] for a in sorted(activations, key=lambda a: -size(a))])
    order.select_by_value("library")
    return f"{len(sizes)} orders"


def check_tables_below(page):
    """Checks that the tables below the charts show all numbers of the data, and the right ones."""
    layers = page.data["layers"]
    places = {"high": ("slopes", "high"), "high_at": ("slopes", "high_at"), "low": ("slopes", "low"),
              "low_at": ("slopes", "low_at"), "left_at_best": ("slopes", "left_at_best"),
              "sigma_w": ("auto", "sigma_w"), "q": ("auto", "q"), "chi": ("auto", "chi"), "factor": ("auto", "factor"),
              "left_after": ("auto", "left"), "forward": ("gains", "forward"), "backward": ("gains", "backward"),
              "critical": ("critical", "sigma_w"), "critical_q": ("critical", "q"),
              "critical_centred": ("critical_centred", "sigma_w"), "centred_q": ("critical_centred", "q"),
              "value_ulp": ("errors", "value", "ulp"), "value_at": ("errors", "value", "at"),
              "slope_ulp": ("errors", "slope", "ulp"), "slope_at": ("errors", "slope", "at")}
    cells = page.values("main > section > .table td[data-quantity]")
    for cell in cells:
        expected = activation = page.data["activations"][int(cell["activation"])]
        for key in places[cell["quantity"]]:
            expected = expected[key] if expected is not None else None
        expect_that(f"{cell['quantity']} of {activation['name']}", agree(number(cell.get("value")), expected),
                    cell.get("value"), expected)
    expect("the quantities in the tables", {cell["quantity"] for cell in cells}, set(places))
    for activation in page.data["activations"]:
        slopes = activation["slopes"]
        best = max(slopes["high"], -slopes["low"]) ** layers
        expect_that(f"{activation['name']}: share of the gradient left, at best", abs(slopes["left_at_best"] / best - 1) < 1e-12,
                    slopes["left_at_best"], best)
    return f"{len(cells)} numbers"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page")
    arguments = with_screenshots(parser)
    return run_checks(Page(arguments.page), (
        ("curves", check_curves), ("slider", check_slider), ("mouse", check_mouse), ("order", check_order),
        ("numbers", check_tables_below), ("charts", lambda page: check_wide_and_narrow(page, GalleryCharts))), arguments.screenshots)


if __name__ == "__main__":
    sys.exit(main())
