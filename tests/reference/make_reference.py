#!/usr/bin/env python3
"""Computes with PyTorch what gradflow's tests compare themselves with.

Without an argument, writes activations.txt, losses.txt, optimizers.txt, schedules.txt and runs.txt beside this script.
With --check, computes them anew and compares with what is there: exit status 1 where a number is off by more than
allowed, relative to the largest number of its column. All is in double and on one thread.

A file holds arrays. Each begins with a line "@ ROWS COLUMNS NAME"; a line for each row follows. A name has parts, apart
by "; "; activations, losses, optimisers and schedules are written in it as gradflow reads them, "huber(delta=0.5)". A
weight is [inputs, outputs].
"""
import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def prepare_torch():
    """Ends the program where it is not there; --help does without."""
    sys.dont_write_bytecode = True
    try:
        import numpy
        import torch
    except ImportError as error:
        sys.exit(
            f"make_reference.py: {error} for this python ({sys.executable}); "
            "Debian's packages python3-torch and python3-numpy are for /usr/bin/python3"
        )
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, numpy {numpy.__version__}")


def make_all(check):
    """True where nothing is wrong."""
    from families import activations, losses, optimizers, runs, schedules
    from families.files import check_file, write_file

    # What makes the arrays; how many digits are kept, for after so many steps the last ones are the processor's; and
    # how far --check may be off.
    files = {
        "activations.txt": (activations.activations, 17, 1e-14),
        "losses.txt": (losses.losses, 17, 1e-14),
        "optimizers.txt": (optimizers.optimizers, 14, 1e-12),
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
    parser.add_argument("--check", action="store_true", help="compare with the files that are there; write nothing")
    check = parser.parse_args().check
    prepare_torch()
    sys.exit(0 if make_all(check) else 1)


if __name__ == "__main__":
    main()
