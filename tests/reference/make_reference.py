#!/usr/bin/env python3
"""Computes with PyTorch the reference values for gradflow's tests.

Without an argument, writes activations.txt, layers.txt, losses.txt, optimizers.txt, parameter_groups.txt, schedules.txt
and runs.txt beside this script.
With --check, computes all values again and compares them with the files. The exit code is 1 if a number is off by more
than the tolerance, relative to the largest number of its column. All values are computed in double, on one thread.

A file holds arrays. Each one is a line "@ ROWS COLUMNS NAME", followed by a line for each row. The parts of a name are
separated by "; ". Activations, losses, optimisers and schedules are written in gradflow's notation, such as
"huber(delta=0.5)". The shape of a weight is [inputs, outputs].
"""
import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def prepare_torch():
    """Imports PyTorch, or ends the program if it is missing. --help works without PyTorch."""
    sys.dont_write_bytecode = True
    try:
        import numpy
        import torch
    except ImportError as error:
        sys.exit(
            f"make_reference.py: {error} in this Python ({sys.executable}); "
            "the Debian packages python3-torch and python3-numpy are for /usr/bin/python3"
        )
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, numpy {numpy.__version__}")


def make_all(check):
    """Writes or checks all files. Returns True if no check failed."""
    from families import activations, layers, losses, optimizers, parameter_groups, runs, schedules
    from families.files import check_file, write_file

    # For each file: the function that makes the arrays, the number of digits kept, and the tolerance of --check. After
    # many steps, the last digits depend on the processor.
    files = {
        "activations.txt": (activations.activations, 17, 1e-14),
        "layers.txt": (layers.layers, 14, 1e-12),
        "losses.txt": (losses.losses, 17, 1e-14),
        "optimizers.txt": (optimizers.optimizers, 14, 1e-12),
        "parameter_groups.txt": (parameter_groups.parameter_groups, 14, 1e-12),
        "schedules.txt": (schedules.schedules, 14, 1e-12),
        "runs.txt": (runs.runs, 13, 1e-11),
    }
    right = True
    for file, (make, digits, tolerance) in files.items():
        if check:
            right = check_file(HERE / file, make(), tolerance) and right
        else:
            write_file(HERE / file, make(), digits)
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the stored files, and write nothing")
    check = parser.parse_args().check
    prepare_torch()
    sys.exit(0 if make_all(check) else 1)


if __name__ == "__main__":
    main()
