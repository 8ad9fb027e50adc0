"""The programs that compare.py runs: which there are, how they are started, asked and ended."""
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent

WORKLOADS = ["W1", "W2", "W3", "W3n", "W4", "W5"]

# Whole steps, the products of a step alone, and the machine: name, file in the build folder.
PEERS = {"gradflow": "peer_gradflow", "eigen": "peer_eigen", "eigen_generic": "peer_eigen_generic",
         "libtorch": "peer_libtorch", "pytorch": HERE / "pytorch.py", "dlib": "peer_dlib"}
FLOORS = {"products": "products_gradflow", "openblas": "products_openblas", "libxsmm": "products_libxsmm"}
PEAK = {"fma_peak": "fma_peak"}
KNOWN = PEERS | FLOORS | PEAK

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
CANNOT = 3  # exit status: the program's library cannot do this workload


class Problem(Exception):
    """What the user is told."""


@dataclass
class Program:
    name: str
    command: list


def choose_workloads(text):
    names = text.split(",")
    for name in names:
        if name not in WORKLOADS:
            raise Problem(f"--workloads: got '{name}', expected some of: {' '.join(WORKLOADS)}")
    return names


def choose(text, build):
    """From "gradflow,eigen,old=/path/peer_gradflow" to Programs; those that were not built are told and left out."""
    if not build.is_dir():
        raise Problem(f"--build: there is no folder {build}: run run.sh, or give another")
    chosen = [program for item in text.split(",") if (program := find(item, build))]
    if not chosen:
        raise Problem(f"--programs: none of them is in {build}: run run.sh, or give --build")
    return chosen


def find(item, build):
    name, is_path, path = item.partition("=")
    if is_path:
        if not os.access(path, os.X_OK):
            raise Problem(f"--programs: {name}: '{path}' is no program")
        return Program(name, [path])
    if name not in KNOWN:
        raise Problem(f"--programs: got '{name}', expected NAME=PATH or some of: {' '.join(KNOWN)}")
    if name == "pytorch":
        python = python_with_torch()
        return Program(name, [python, str(KNOWN[name])]) if python else skip(name, "no python3 here has torch")
    file = build / "tests" / "performance" / "peers" / KNOWN[name]
    return Program(name, [str(file)]) if file.exists() else skip(name, f"{file} was not built")


def skip(name, reason):
    print(f"skipped: {name}: {reason}", file=sys.stderr)


def python_with_torch():
    """The system's Python first: Debian's packages are for that one."""
    for python in ["/usr/bin/python3", shutil.which("python3")]:
        if python and subprocess.run([python, "-c", "import numpy, torch"], capture_output=True).returncode == 0:
            return python
    return None


class Running:
    """A program that waits for the next window."""

    def __init__(self, program, workload, core):
        self.name, self.workload = program.name, workload
        pinned = ["taskset", "--cpu-list", str(core)] if shutil.which("taskset") else []
        self.process = subprocess.Popen(pinned + program.command + [workload, "-"], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=os.environ | ONE_THREAD)
        self.ready = self.process.stdout.readline().strip() == "ready"
        if not self.ready and self.end() != CANNOT:
            raise Problem(f"{self.name}: {workload}: ended with exit status {self.process.returncode}")

    def window(self, seconds):
        """Steps per second."""
        print(seconds, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise Problem(f"{self.name}: {self.workload}: ended with exit status {self.end()}")
        return float(line.split()[0])

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def check_numbers(program, workload):
    """Losses and norms as the program prints them; None where it cannot do the workload."""
    done = subprocess.run(program.command + [workload, "--check"], capture_output=True, text=True,
                          env=os.environ | ONE_THREAD)
    if done.returncode == CANNOT:
        return None
    if done.returncode != 0:
        raise Problem(f"{program.name}: {workload}: {done.stderr.strip()}")
    return [float(number) for number in done.stdout.split()]
