"""The programs that compare.py runs: their names, and how to start, use and end them."""
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent

WORKLOADS = ["W1", "W2", "W3", "W3n", "W4", "W5"]

# PEERS run whole steps, FLOORS only the products of a step, PEAK measures the machine. Name: file in the build folder.
PEERS = {"gradflow": "peer_gradflow", "eigen": "peer_eigen", "eigen_generic": "peer_eigen_generic",
         "libtorch": "peer_libtorch", "pytorch": HERE / "pytorch.py", "dlib": "peer_dlib"}
FLOORS = {"products": "products_gradflow", "openblas": "products_openblas", "libxsmm": "products_libxsmm"}
PEAK = {"fma_peak": "fma_peak"}
KNOWN = PEERS | FLOORS | PEAK

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
CANNOT = 3  # exit code of a program whose library cannot do this workload


class Problem(Exception):
    """An error for the user."""


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
    """Makes Programs from "gradflow,eigen,old=/path/peer_gradflow". Reports and skips programs that are not built."""
    if not build.is_dir():
        raise Problem(f"--build: got '{build}', expected a build folder; run.sh builds one")
    chosen = [program for item in text.split(",") if (program := find(item, build))]
    if not chosen:
        raise Problem(f"--programs: got none that is built in {build}, expected at least one; run.sh builds them")
    return chosen


def find(item, build):
    name, is_path, path = item.partition("=")
    if is_path:
        if not os.access(path, os.X_OK):
            raise Problem(f"--programs: {name}: got '{path}', expected a program that can be executed")
        return Program(name, [path])
    if name not in KNOWN:
        raise Problem(f"--programs: got '{name}', expected NAME=PATH or some of: {' '.join(KNOWN)}")
    if name == "pytorch":
        python = python_with_torch()
        return Program(name, [python, str(KNOWN[name])]) if python else skip(name, "no python3 with numpy and torch")
    file = build / "tests" / "performance" / "peers" / KNOWN[name]
    return Program(name, [str(file)]) if file.exists() else skip(name, f"{file} is not built")


def skip(name, reason):
    print(f"skipped: {name}: {reason}", file=sys.stderr)


def python_with_torch():
    """Returns a Python with numpy and torch, or None. Tries the system's Python first: Debian's packages are for it."""
    for python in ["/usr/bin/python3", shutil.which("python3")]:
        if python and subprocess.run([python, "-c", "import numpy, torch"], capture_output=True).returncode == 0:
            return python
    return None


class Running:
    """A running program that waits for its next window."""

    def __init__(self, program, workload, core):
        self.name, self.workload = program.name, workload
        pinned = ["taskset", "--cpu-list", str(core)] if shutil.which("taskset") else []
        self.process = subprocess.Popen(pinned + program.command + [workload, "-"], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=os.environ | ONE_THREAD)
        self.ready = self.process.stdout.readline().strip() == "ready"
        if not self.ready and self.end() != CANNOT:
            raise Problem(f"{self.name}: {workload}: ended with exit code {self.process.returncode}")

    def window(self, seconds):
        """Lets the program measure for this many seconds, and returns the steps per second."""
        print(seconds, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise Problem(f"{self.name}: {self.workload}: ended with exit code {self.end()}")
        return float(line.split()[0])

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def check_numbers(program, workload):
    """Returns the losses and norms that the program prints, or None if it cannot do the workload."""
    done = subprocess.run(program.command + [workload, "--check"], capture_output=True, text=True,
                          env=os.environ | ONE_THREAD)
    if done.returncode == CANNOT:
        return None
    if done.returncode != 0:
        raise Problem(f"{program.name}: {workload}: {done.stderr.strip()}")
    return [float(number) for number in done.stdout.split()]
