"""The output of compare.py: lines for the terminal, and the tables in the README files."""
import statistics

import programs


def ratios(rates, name, other):
    """Returns the ratios name / other, one for each round."""
    return [a / b for a, b in zip(rates[name], rates[other], strict=True)]


def quartiles(numbers):
    if len(numbers) < 2:
        return numbers * 3
    return statistics.quantiles(numbers, n=4, method="inclusive")


def short(number):
    """Formats a number with three digits, or with four from 1000 to 9999: 2.63M, 289k, 2075, 16.1."""
    for unit, suffix in [(1e6, "M"), (1e3, "k")]:
        if number >= (unit if unit == 1e6 else 9999.5):
            return f"{number / unit:.3g}{suffix}" if number < 999.5 * unit else f"{number / unit:.0f}{suffix}"
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def workload_lines(workload, rates):
    """Returns a line per program: its steps per second, and the first program's speed / its speed, with quartiles."""
    lines = [f"{workload}"]
    for name, numbers in rates.items():
        line = f"  {name:13} {short(statistics.median(numbers)):>7} steps/s"
        first = next(iter(rates))
        if name != first:
            low, middle, high = quartiles(ratios(rates, first, name))
            line += f"   {first} / {name}: {middle:.3g}  ({low:.3g} - {high:.3g})"
        lines.append(line)
    if (peak := "fma_peak") in rates:
        for name in filter(rates.__contains__, programs.FLOORS):
            lines.append(f"  {name} / {peak}: {statistics.median(ratios(rates, name, peak)):.3f}")
    return "\n".join(lines)


def floor_of(rates):
    """Returns the fastest program that computes only the products, or None if none was run."""
    floors = [name for name in programs.FLOORS if name in rates]
    return max(floors, key=lambda name: statistics.median(rates[name]), default=None)


def cell(rates, name, other, form):
    if not name or not other or name not in rates or other not in rates:
        return "–"
    return form.format(statistics.median(ratios(rates, name, other)))


HEAD = ["", "gradflow, steps/s", "× Eigen", "× Eigen, -mtune=generic", "× libtorch", "× PyTorch", "× dlib",
        "floor, steps/s", "step / floor", "our products / FMA peak"]


def row(workload, rates):
    floor = floor_of(rates)
    cells = [workload, short(statistics.median(rates["gradflow"]))]
    cells += [cell(rates, "gradflow", peer, "{:.3g}") for peer in programs.PEERS if peer != "gradflow"]
    cells.append(f"{short(statistics.median(rates[floor]))} ({floor})" if floor else "–")
    cells += [cell(rates, "gradflow", floor, "{:.2f}"), cell(rates, "products", "fma_peak", "{:.2f}")]
    return cells


def table(rows):
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


BEGIN, END = "<!-- compare.py writes from here -->\n", "<!-- to here -->"


def around(file):
    """Returns the text before and the text after the table, which lies between two comments."""
    head, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise programs.Problem(f"{file}: got no place for the table, expected the lines {BEGIN.strip()} and {END}")
    return head, tail


def put(file, text):
    head, tail = around(file)
    file.write_text(f"{head}{BEGIN}{text}\n{END}{tail}", encoding="utf-8")


def write(measured, long_file, short_file):
    """Writes the whole table into long_file, and only gradflow and its ratios to other libraries into short_file."""
    rows = [HEAD] + [row(workload, rates) for workload, rates in measured.items() if "gradflow" in rates]
    put(long_file, table(rows))
    put(short_file, table([cells[:2 + len(programs.PEERS) - 1] for cells in rows]))
