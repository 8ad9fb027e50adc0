"""The files: arrays by name, as text; to write them, and to compare them with arrays that were made anew."""
import sys

import numpy as np

HEADER = "# Written by make_reference.py, which says what this is."


class NotAlike(Exception):
    """A file does not hold the arrays that it should."""


def number_text(number, digits):
    return repr(float(f"{number:.{digits}g}")).removesuffix(".0")


def text_of(arrays, digits):
    lines = [HEADER]
    for name, array in arrays.items():
        lines.append(f"@ {array.shape[0]} {array.shape[1]} {name}")
        lines += [" ".join(number_text(x, digits) for x in row) for row in array]
    return "\n".join(lines) + "\n"


def arrays_of(text):
    arrays, lines = {}, iter(text.splitlines()[1:])
    try:
        for line in lines:
            _, rows, columns, name = line.split(" ", 3)
            numbers = [[float(x) for x in next(lines).split()] for _ in range(int(rows))]
            arrays[name] = np.array(numbers).reshape(int(rows), int(columns))
    except (ValueError, StopIteration) as error:
        raise NotAlike(f"what follows {list(arrays)[-1:]} is no array") from error
    return arrays


def largest_difference(got, expected):
    """Relative to the largest number of the column: how much, and where. NaN where one is NaN."""
    if list(got) != list(expected):
        differ = sorted(set(got) ^ set(expected))
        raise NotAlike(f"arrays that are only in the file or only made now: {differ or 'none, but the order differs'}")
    worst, where = 0.0, ""
    for name, array in expected.items():
        if got[name].shape != array.shape:
            raise NotAlike(f"{name}: shape: got {got[name].shape}, expected {array.shape}")
        largest = np.abs(array).max(axis=0)
        off = np.abs(got[name] - array) / np.where(largest > 0, largest, 1)
        i, j = np.unravel_index(np.argmax(off), off.shape)  # the first NaN, if there is one
        if off[i, j] > worst or np.isnan(off[i, j]):
            worst = off[i, j]
            where = f"{name}: row {i}, column {j}: got {got[name][i, j]!r}, expected {array[i, j]!r}"
    return worst, where


def check_file(path, arrays, tolerance):
    """True where the file holds these arrays; says how far it is from them, or what is wrong."""
    try:
        worst, where = largest_difference(got=arrays, expected=arrays_of(path.read_text()))
    except (NotAlike, OSError) as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return False
    if worst <= tolerance:
        print(f"{path.name}: at most {worst:.1e} off, {tolerance} allowed")
        return True
    print(f"{path.name}: {where}: {worst:.1e} off, {tolerance} allowed", file=sys.stderr)
    return False


def write_file(path, arrays, digits):
    text = text_of(arrays, digits)
    path.write_text(text)
    print(f"{path.name}: {len(text) / 1000:.0f} kB")
