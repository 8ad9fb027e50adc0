#!/usr/bin/env python3
"""Draws what the program `scaling` prints: draw_scaling.py < scaling.csv > scaling.svg

The picture shows the GFLOP/s of a step by the width of the layers, with a line for each depth and logarithmic axes.
Points marked as a cliff have a ring. Uses only Python's standard library.
"""
import csv
import math
import sys

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 110, 64, 58
# Darker colours for deeper networks; they also differ when printed in grey.
COLOURS = ["#b9dc6b", "#6cc487", "#35a094", "#2a7a93", "#35548c", "#3d2c6e"]
TEXT, FAINT, GRID = "#22262b", "#666d75", "#e6e8eb"


def read_points(lines):
    """{depth: [(width, gflops, is_cliff), ...]}"""
    curves = {}
    for row in csv.DictReader(lines):
        point = (int(row["width"]), float(row["gflops"]), row["cliff"] != "")
        curves.setdefault(int(row["depth"]), []).append(point)
    if not curves:
        sys.exit("draw_scaling.py: standard input: got no points, expected the output of `scaling`")
    return curves


class LogAxis:
    """A logarithmic axis from `low` to `high`, drawn from pixel `start` to pixel `end`."""

    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = low, high, start, end

    def at(self, value):
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, steps):
        """Returns the numbers step * 10^k that lie on the axis, for each step in `steps`."""
        powers = range(-3, 5)
        return [s * 10.0**k for k in powers for s in steps if self.low <= s * 10.0**k <= self.high]


def text(x, y, words, size=13, anchor="middle", colour=TEXT, weight="normal", more=""):
    return (f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}"{more}>{words}</text>')


def line(x1, y1, x2, y2, colour=GRID):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}"/>'


def draw_axes(x, y):
    parts = []
    for width in (8, 16, 32, 64, 128, 256, 512, 1024):
        parts += [line(x.at(width), y.start, x.at(width), y.end), text(x.at(width), y.start + 20, width, colour=FAINT)]
    for gflops in y.ticks((1, 2, 5)):
        parts += [line(x.start, y.at(gflops), x.end, y.at(gflops)),
                  text(x.start - 10, y.at(gflops) + 4, f"{gflops:g}", anchor="end", colour=FAINT)]
    middle = (y.start + y.end) / 2
    turned = f' transform="rotate(-90 20 {middle})"'
    return parts + [text((x.start + x.end) / 2, HEIGHT - 14, "width of the layers"),
                    text(20, middle, "GFLOP/s of a whole step", more=turned)]


def draw_curve(x, y, points, colour):
    path = " ".join(f"{x.at(width)},{y.at(gflops)}" for width, gflops, _ in points)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>']
    for width, gflops, is_cliff in points:
        parts.append(f'<circle cx="{x.at(width)}" cy="{y.at(gflops)}" r="2.6" fill="{colour}"/>')
        if is_cliff:
            parts.append(f'<circle cx="{x.at(width)}" cy="{y.at(gflops)}" r="7" fill="none" stroke="#c0392b"/>')
    return parts


def draw_legend(depths):
    """Draws the legend, the deepest network first."""
    x, y = WIDTH - RIGHT + 22, TOP + 6
    parts = [text(x, y, "layers", anchor="start", colour=FAINT)]
    for row, (depth, colour) in enumerate(reversed(depths), start=1):
        parts += [f'<circle cx="{x + 6}" cy="{y + 22 * row - 4}" r="5" fill="{colour}"/>',
                  text(x + 20, y + 22 * row, depth, anchor="start")]
    return parts


def draw(curves):
    rates = [gflops for points in curves.values() for _, gflops, _ in points]
    widths = [width for points in curves.values() for width, _, _ in points]
    x = LogAxis(min(widths), max(widths), LEFT, WIDTH - RIGHT)
    y = LogAxis(min(rates) * 0.85, max(rates) * 1.15, HEIGHT - BOTTOM, TOP)
    depths = list(zip(sorted(curves), COLOURS))
    cliffs = sum(is_cliff for points in curves.values() for _, _, is_cliff in points)
    marked = f"; {cliffs} below 70 % of a neighbour, ringed" if cliffs else "; none below 70 % of a neighbour"
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
             text(LEFT, 28, "Speed of a training step by the size of the network", 17, "start", weight="bold"),
             text(LEFT, 48, "square layers, sigmoid, cross_entropy, sgd, batch 64, one thread" + marked, 12, "start",
                  FAINT)]
    parts += draw_axes(x, y)
    for depth, colour in depths:
        parts += draw_curve(x, y, curves[depth], colour)
    parts += draw_legend(depths)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            'font-family="Helvetica, Arial, sans-serif">')
    return "\n".join([head, *parts, "</svg>"])


if __name__ == "__main__":
    print(draw(read_points(sys.stdin)))
