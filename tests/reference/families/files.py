"""Text files of named arrays: writes them, and compares them with newly computed arrays."""
import sys

import numpy as np

HEADER = "# Written by make_reference.py, which says what this is."


class NotAlike(Exception):
    """A file does not hold the expected arrays."""


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
        raise NotAlike(f"got no valid array after {list(arrays)[-1:]}") from error
    return arrays


def largest_difference(got, expected):
    """Returns the largest difference, relative to the largest number of its column, and its place."""
    if list(got) != list(expected):
        differ = sorted(set(got) ^ set(expected))
        raise NotAlike(f"arrays that only the file has, or does not have: {differ or 'none, but in another order'}")
    worst, where = 0.0, ""
    for name, array in expected.items():
        if got[name].shape != array.shape:
            raise NotAlike(f"{name}: shape: got {got[name].shape}, expected {array.shape}")
        largest = np.abs(array).max(axis=0)
        off = np.abs(got[name] - array) / np.where(largest > 0, largest, 1)
        i, j = np.unravel_index(np.argmax(off), off.shape)  # the first NaN, if there is any
        if off[i, j] > worst or np.isnan(off[i, j]):
            worst = off[i, j]
            where = f"{name}: row {i}, column {j}: got {got[name][i, j]!r}, expected {array[i, j]!r}"
    return worst, where


def check_file(path, arrays, tolerance):
    """True if the file agrees with the arrays within the tolerance. Prints the largest difference or the error."""
    try:
        worst, where = largest_difference(got=arrays, expected=arrays_of(path.read_text()))
    except (NotAlike, OSError) as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return False
    if worst <= tolerance:
        print(f"{path.name}: largest difference {worst:.1e}, allowed {tolerance}")
        return True
    print(f"{path.name}: {where}: difference {worst:.1e}, allowed {tolerance}", file=sys.stderr)
    return False


def write_file(path, arrays, digits):
    text = text_of(arrays, digits)
    path.write_text(text)
    print(f"{path.name}: {len(text) / 1000:.0f} kB")
