"""Data for pages with every kind of number. The numbers replace the numbers of a page that a command has written. Every
call makes the same data.
"""
import copy
import math
import random

FLOW = ("delta_norm", "weight_gradient_norm", "bias_gradient_norm", "factor", "slope_factor", "weight_factor",
        "activation_mean", "activation_deviation", "spread", "slope_mean", "saturated", "dead", "numerically_dead",
        "update_ratio")
Z = [i / 10 for i in range(-100, 101)]
STEPS = [0, 1, 2, 4, 7, 12, 20, 33, 54, 90, 147, 242, 400]


def chance(*of):
    """Returns a random number from 0 to 1, always the same for the same arguments."""
    return random.Random(repr(of)).random()


def ordinary(quantity, record, layer, seed=0):
    share = chance(quantity, record, layer, seed)
    if quantity in ("slope_mean", "activation_mean"):
        return 2 * share - 1
    if quantity in ("saturated", "dead", "numerically_dead", "spread"):
        return share
    return 10.0 ** (layer - 3 + 2 * share) if quantity in FLOW[:3] else 0.05 + 3 * share


def shares(bins, *of):
    """Returns random shares of the bins, in per mille. The first third is larger on average: not symmetric."""
    sizes = [chance(*of, i) ** 3 * (2 if i < bins / 3 else 1) for i in range(bins)]
    return [round(1000 * size / sum(sizes)) for size in sizes]


def curves(value, slope):
    return {"z": Z, "value": [value(z) for z in Z], "slope": [slope(z) for z in Z]}


def exponential(z):
    return math.exp(7 * z)


ACTIVATIONS = {
    "tanh": curves(math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "relu": curves(lambda z: max(0.0, z), lambda z: float(z > 0)),
    "sine": curves(math.sin, math.cos),  # also below 0
    "exponential": curves(exponential, lambda z: 7 * exponential(z)),  # up to 1e30, and down to 1e-30
    "nothing": curves(lambda z: 0.0, lambda z: 0.0),
    "tangent": curves(lambda z: math.tan(z), lambda z: 1 + math.tan(z) ** 2),  # leaves the chart and returns
    "logarithm": {"z": Z, "value": [math.log(z) if z > 0 else None for z in Z],
                  "slope": [1 / z if z > 0 else None for z in Z]},
}


def make_run(template, name, number=ordinary, steps=STEPS, depth=5, activation="tanh", metric=None, epochs=None, **more):
    """Returns a run. number(quantity, record, layer): the measured numbers. epochs(quantity, epoch): losses and metric."""
    epochs = epochs or (lambda quantity, epoch: 0.9 - chance(name, epoch) / 3 if quantity == "metric"
                        else math.exp(-0.3 * epoch) * (0.5 + chance(name, quantity, epoch)))
    ends = [step for step in steps if step] or list(steps)
    counts = range(len(steps))
    run = copy.deepcopy(template) | {
        "name": name, "seed": "1", "outcome": "finished", "divergence": None, "findings": [], "boundary": None,
        "steps": steps[-1] + 1 if steps else 0,
        "layers": [{"name": "4 -> 4", "activation": activation if layer < depth - 1 else None} for layer in range(depth)],
        "flow": {"steps": steps, "loss": [1.0 for _ in counts],
                 **{q: [[number(q, record, layer) for layer in range(depth)] for record in counts] for q in FLOW},
                 "slope_histogram": [[shares(20, name, r, l) if l < depth - 1 else None for l in range(depth)]
                                     for r in counts],
                 "z_histogram": [[shares(40, name, "z", r, l) for l in range(depth)] for r in counts]},
        "slope_bins": [{"low": -0.25, "high": 1.125} if layer < depth - 1 else None for layer in range(depth)],
        "theory": None,
        "epochs": {"step": ends, "metric_name": metric or "accuracy",
                   **{q: [epochs(q, epoch) for epoch in range(len(ends))]
                      for q in ("train_loss", "validation_loss", "metric")}},
    }
    return run | more


def constant(value):
    return {"number": lambda quantity, record, layer: value, "epochs": lambda quantity, epoch: value}


def scaled(size):
    """Numbers of about one size; means have both signs."""
    return {"number": lambda q, r, l: size * (ordinary(q, r, l) if "mean" in q else 1 + 4 * chance(q, r, l)),
            "epochs": lambda quantity, epoch: size * (1 + chance(quantity, epoch))}


def boundary(run, columns, rows, value):
    """Adds a boundary to the run: value(x1, x2) at the middle of each cell."""
    low, high = [-1.5, 2.0], [2.5, 8.0]
    middle = [[low[i] + (c + 0.5) / count * (high[i] - low[i]) for c in range(count)]
              for i, count in enumerate((columns, rows))]
    run["boundary"] = {"low": low, "high": high, "columns": columns, "rows": rows,
                       "values": [value(x1, x2) for x2 in middle[1] for x1 in middle[0]]}
    return run


def run_pages(template):
    """Yields (name, data) for reports."""
    base, made = copy.deepcopy(template), template["runs"][0]

    def page(name, *runs, **more):
        return name, base | {"activations": ACTIVATIONS, "points": None, "runs": list(runs)} | more

    def run(name, **what):
        return make_run(made, name, **what)

    theory = {"factor": [0.3, 0.5, 0.7, 0.9, None], "deviation": [0.1, 0.12, 0.09, 0.2, None]}
    yield page("ordinary, with theory", run("tanh", theory=theory), run("relu", activation="relu",
               number=lambda q, r, l: ordinary(q, r, l, seed=1)))
    # Negative means, an R² that is negative at first, and an absurd R².
    yield page("negative", run("sine", activation="sine", metric="R^2", number=lambda q, r, l: -abs(ordinary(q, r, l))
                               if "mean" in q else ordinary(q, r, l), epochs=lambda q, e: e / 8 - 0.7),
               run("absurd", metric="R^2", epochs=lambda q, e: -(10.0 ** (7 - e)) if q == "metric" else 2.0 + e))
    yield page("huge", run("exponential", activation="exponential", **scaled(1e30)),
               run("growing", number=lambda q, r, l: ordinary(q, r, l) * 10.0 ** (3 * r), theory=theory))
    yield page("tiny", run("exponential", activation="exponential", **scaled(1e-20)))
    yield page("vanishing", run("tanh", number=lambda q, r, l: ordinary(q, r, l) * 1e-5 ** (4 - l), theory=theory | {
        "factor": [1e-6] * 4 + [None], "deviation": [1.0] * 4 + [None]}))
    yield page("exactly 0", run("nothing", activation="nothing", **constant(0.0)),
               run("some", number=lambda q, r, l: 0.0 if (r + l) % 2 else ordinary(q, r, l)))
    for value in (0.3, -2.0, 7e-9, 1.0):
        yield page(f"constant {value}", run("tangent", activation="tangent", metric="R^2", number=lambda q, r, l, v=value:
                                            v if "mean" in q else abs(v), epochs=lambda q, e, v=value:
                                            v if q == "metric" else abs(v)))
    yield page("missing", run("logarithm", activation="logarithm", steps=list(range(30)), theory=theory,
                              number=lambda q, r, l: None if l == 2 or chance(r, l) < 0.4 else ordinary(q, r, l),
                              epochs=lambda q, e: None if e % 2 else 0.5),
               run("nothing measured of some", number=lambda q, r, l: None if q in FLOW[6:] else ordinary(q, r, l)))
    early = STEPS[:4]
    yield page("diverged", run("relu", activation="relu"), run(
        "tanh", steps=early, outcome="diverged", divergence="step 4: layer 1 (dense 4 -> 4, tanh): output is not finite",
        number=lambda q, r, l: None if r == 3 and l < 3 else ordinary(q, r, l) * 1e12 ** r,
        epochs=lambda q, e: 3e38 if e == 0 else None))
    yield page("one step", run("tanh", steps=[0]), run("relu", steps=[0], number=lambda q, r, l: 0.5))
    yield page("one layer", run("tanh", depth=1))
    yield page("many layers", run("relu", depth=100, activation="relu", steps=STEPS[::3],
                                  number=lambda q, r, l: ordinary(q, r, l % 7) * 0.7 ** (100 - l)), run("tanh", depth=3))
    yield page("many runs", *(run("tanh", seed=str(seed), depth=3, steps=STEPS[::2], number=lambda q, r, l, s=seed:
                                  ordinary(q, r, l, s)) for seed in range(10)))
    yield page("nothing measured", run("tanh", steps=[]))
    points = {"x": [-1.0, 2.0, 0.5, 4.0], "y": [3.0, 7.5, 2.5, 4.0], "class": [0, 1, 2, 1]}
    yield page("classes", boundary(run("tanh", depth=2, steps=[0, 5]), 7, 5, lambda x1, x2: float(int(x1 + x2) % 3)),
               boundary(run("relu", depth=2, steps=[0, 5], activation="relu"), 9, 4, lambda x1, x2: float(x1 > 0)),
               points=points)
    yield page("probabilities", boundary(run("tanh", depth=2, steps=[0, 5]), 8, 8, lambda x1, x2: round(
        1 / (1 + math.exp(-x1 - x2 + 4)), 3)), points=points | {"class": [0, 1, 1, 0]})
    yield page("a regression", boundary(run("tanh", depth=2, steps=[0, 5], metric="R^2"), 8, 6, lambda x1, x2: None if
               x1 > 2 and x2 > 7 else x1 * x2 - 20), points=points)


def gallery_pages(template):
    """Yields (name, data) for galleries. The results of theory are copied from the template."""
    base, made = copy.deepcopy(template), template["activations"][0]
    z = base["z"]

    def page(name, **all_values):
        return name, base | {"activations": [copy.deepcopy(made) | {"name": key, "value": v, "slope": s, "curvature": c}
                                             for key, (v, s, c) in all_values.items()]}

    def same(function):
        return ([function(at) for at in z],) * 3

    yield "as it is", template
    yield page("negative", low=same(lambda at: -1.75), falling=same(lambda at: -abs(at) / 4))
    yield page("huge and tiny", huge=same(lambda at: 1e30 * at), tiny=same(lambda at: 1e-20 * at), steep=same(
        lambda at: math.sinh(3 * at)))
    yield page("exactly 0", nothing=same(lambda at: 0.0))
    yield page("constant", one=same(lambda at: 1.0), above=same(lambda at: 5.0))
    yield page("missing", holes=same(lambda at: None if round(10 * at) % 4 == 0 else at / 3), never=same(lambda at: None))
    yield page("coming and going", tangent=same(math.tan))


def sweep_pages(template):
    """Yields (name, data) for maps of sweeps."""
    base, row = copy.deepcopy(template), template["rows"][0]
    cell, run = row["cells"][0], row["cells"][0]["runs"][0]

    def page(name, rows, depths, metric, factor):
        """metric and factor are functions of row and column."""
        return name, base | {"depths": depths, "rows": [copy.deepcopy(row) | {
            "activation": f"act{r}", "initializer": "he_normal", "cells": [copy.deepcopy(cell) | {
                "metric": metric(r, c), "factor": factor(r, c), "interval": None,
                "runs": [run | {"metric": metric(r, c), "factor": factor(r, c)}]} for c in range(len(depths))]}
            for r in range(rows)]}

    depths = [1, 2, 8, 32]
    yield "as it is", template
    yield page("ordinary", 3, depths, lambda r, c: (3 * r + c) / 10, lambda r, c: 0.4 + chance(r, c))
    yield page("negative", 3, depths, lambda r, c: r / 3 - c, lambda r, c: 1.6 ** (r - c))
    yield page("huge and tiny", 2, depths, lambda r, c: 1e-20 * (c + 1), lambda r, c: (1e30, 1e-20)[r] * (c + 1))
    yield page("exactly 0", 2, depths, lambda r, c: 0.0, lambda r, c: 0.0)
    yield page("constant", 2, depths, lambda r, c: 1.0, lambda r, c: 1.0)
    yield page("missing", 3, depths, lambda r, c: None if (r + c) % 2 else 0.5, lambda r, c: None if r else 2.5)
    yield page("nothing", 1, depths, lambda r, c: None, lambda r, c: None)
    yield page("one cell", 1, [3], lambda r, c: 0.75, lambda r, c: 0.9)
    yield page("many", 12, list(range(1, 13)), lambda r, c: chance(r, c), lambda r, c: 0.1 + 12 * chance(c, r))
