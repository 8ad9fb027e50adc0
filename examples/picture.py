#!/usr/bin/env python3
"""Draws the picture of the README from the measurements of `gradflow compare`.

  examples/run.sh --output runs/picture && examples/picture.py runs/picture/gradients.csv examples/picture.svg

The picture has one heat map for each activation. The colour is the norm of dL/dz, on a logarithmic scale. The layers go
from top to bottom, the steps from left to right. Only every second measured step is shown.
"""
import csv
import math
import sys

LOW, HIGH = -7, 0  # range of the colours, as log10 of the norm
COLOURS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"]
SHADES = 35
WIDTH, HEIGHT, LEFT, TOP, GAP = 250, 165, 54, 44, 22


def colour(norm):
    share = (math.log10(norm) - LOW) / (HIGH - LOW) if norm > 0 else 0
    place = round(min(max(share, 0), 1) * SHADES) / SHADES * (len(COLOURS) - 1)
    first = min(int(place), len(COLOURS) - 2)
    ends = [[int(COLOURS[i][at:at + 2], 16) for at in (1, 3, 5)] for i in (first, first + 1)]
    return "#" + "".join(f"{round(a + (b - a) * (place - first)):02x}" for a, b in zip(*ends))


def read(path):
    """Returns {activation: {step: [norm of layer 0, 1, ...]}}. If the file has several seeds, the last one counts."""
    runs = {}
    with open(path) as file:
        for row in csv.DictReader(file):
            if row["quantity"] == "delta_norm":
                steps = runs.setdefault(row["activation"], {})
                steps.setdefault(int(row["step"]), {})[int(row["layer"])] = float(row["value"])
    return {name: {step: [norms[i] for i in sorted(norms)] for step, norms in steps.items()} for name, steps in runs.items()}


def panel(name, steps, left):
    shown = sorted(steps)[::2]
    column, row = WIDTH / len(shown), HEIGHT / len(steps[0])
    cells = {}  # squares by colour: one path for each colour keeps the file small
    for x, step in enumerate(shown):
        for y, norm in enumerate(steps[step]):
            cells.setdefault(colour(norm), []).append(
                f"M{left + x * column:.0f} {TOP + y * row:.0f}h{column + 1:.0f}v{row + 1:.0f}h-{column + 1:.0f}z")
    yield f'<text x="{left}" y="{TOP - 8}" font-weight="bold">{name}</text>'
    for fill, places in cells.items():
        yield f'<path fill="{fill}" d="{"".join(places)}"/>'
    for at, text in ((left, "step 0"), (left + WIDTH, f"step {max(steps)}")):
        anchor = "start" if at == left else "end"
        yield f'<text x="{at}" y="{TOP + HEIGHT + 16}" text-anchor="{anchor}">{text}</text>'


def picture(runs):
    width = LEFT + len(runs) * (WIDTH + GAP) + 70
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + 26}" '
           'font-family="sans-serif" font-size="12" fill="#333">')
    yield f'<rect width="{width}" height="{TOP + HEIGHT + 26}" fill="#fff"/>'
    yield f'<text x="{LEFT}" y="16">The size of the gradient, ‖dL/dz‖, at every layer and step of a training</text>'
    layers = len(next(iter(next(iter(runs.values())).values())))
    for y, text in ((0.5, "layer 0"), (layers - 0.5, "output")):
        yield f'<text x="{LEFT - 5}" y="{TOP + y * HEIGHT / layers + 4:.1f}" text-anchor="end">{text}</text>'
    for i, (name, steps) in enumerate(runs.items()):
        yield from panel(name, steps, LEFT + i * (WIDTH + GAP))
    legend = LEFT + len(runs) * (WIDTH + GAP)
    for i in range(HIGH - LOW + 1):
        y = TOP + (HIGH - LOW - i) * HEIGHT / (HIGH - LOW + 1)
        yield (f'<rect x="{legend}" y="{y:.1f}" width="12" height="{HEIGHT / (HIGH - LOW + 1) + 0.3:.1f}" '
               f'fill="{colour(10.0 ** (LOW + i))}"/>')
        yield f'<text x="{legend + 17}" y="{y + 14:.1f}">1e{LOW + i}</text>'
    yield "</svg>"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w") as file:
        file.write("\n".join(picture(read(sys.argv[1]))) + "\n")


main()
