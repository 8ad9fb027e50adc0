#!/usr/bin/env python3
"""Measures gradflow and other libraries in turn, and compares their speed. run.sh beside this builds the programs.

All programs of a workload stay running. In each round, each program gets one short window, so that other work on the
machine disturbs all of them. Ratios are computed within a round. The output has the medians and quartiles over the
rounds.
"""
import argparse
import pathlib
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree

import programs
import tables

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TOLERANCE = 3e-4  # relative; dlib's Adam adds epsilon in another place, which alone makes a difference of 1e-4


def positive(kind):
    def read(text):
        number = kind(text)
        if number <= 0:
            raise argparse.ArgumentTypeError(f"got {text}, expected more than 0")
        return number
    return read


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", default=",".join(programs.WORKLOADS), metavar="W1,W3n", help="default: all")
    parser.add_argument("--programs", default=",".join(programs.KNOWN), metavar="NAME,NAME=PATH",
                        help="some of: %(default)s; or NAME=PATH for another program, such as an older "
                             "peer_gradflow. Ratios are the speed of the first program / the others. Default: all")
    parser.add_argument("--rounds", type=positive(int), default=15, help="number of rounds; default: %(default)s")
    parser.add_argument("--seconds", type=positive(float), default=0.4, help="length of a window; default: %(default)s")
    parser.add_argument("--core", type=int, default=0, help="processor core for all programs; default: %(default)s")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", metavar="FOLDER",
                        help="the build folder of CMake; default: build/release")
    parser.add_argument("--write", action="store_true", help="write the tables into both README.md files")
    parser.add_argument("--check", action="store_true",
                        help="measure no times; check that all programs compute the same losses and gradients")
    return parser.parse_args()


def run_rounds(running, rounds, seconds):
    """Returns {name: [steps per second, ...]}, with one number for each round."""
    rates = {program.name: [] for program in running}
    for number in range(rounds):
        if sys.stderr.isatty():
            print(f"\r{running[0].workload} round {number + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
        for program in running:
            rates[program.name].append(program.window(seconds))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return rates


def compare(chosen, workload, options):
    """Measures the programs that can do the workload, prints a line for each, and returns their rates."""
    running = [p for p in (programs.Running(c, workload, options.core) for c in chosen) if p.ready]
    try:
        rates = run_rounds(running, options.rounds, options.seconds) if running else {}
    finally:
        for program in running:
            program.end()
    print(tables.workload_lines(workload, rates), flush=True)
    return rates


def relative_error(found, expected):
    return max(abs(a - b) / max(abs(b), 1e-30) for a, b in zip(found, expected, strict=True))


def check(chosen, workload):
    """Returns True if all programs that can do the workload agree with the first one.

    Compares the losses and the norms of the first layer's gradient in five steps.
    """
    numbers = {c.name: found for c in chosen if (found := programs.check_numbers(c, workload))}
    agree = True
    for name in list(numbers)[1:]:
        first = next(iter(numbers))
        error = relative_error(numbers[name], numbers[first])
        agree = agree and error < TOLERANCE
        print(f"{workload:4} {name:10} {'agrees' if error < TOLERANCE else 'DIFFERS'} with {first}: "
              f"relative error {error:.1e}")
    return agree


def main():
    options = arguments()
    readmes = [HERE.parent / "README.md", ROOT / "README.md"] if options.write else []
    for readme in readmes:
        tables.around(readme)  # checks the files before the long run
    workloads = programs.choose_workloads(options.workloads)
    chosen = programs.choose(options.programs, options.build)
    if options.check:
        return 0 if all([check(chosen, workload) for workload in workloads]) else 1
    measured = {workload: compare(chosen, workload, options) for workload in workloads}
    if readmes:
        tables.write(measured, *readmes)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except programs.Problem as problem:
        sys.exit(f"compare.py: {problem}")
