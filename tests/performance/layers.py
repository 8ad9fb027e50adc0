#!/usr/bin/env python3
"""Times forward and backward of PyTorch's layers beside gradflow's: layers.py PROGRAM, where PROGRAM is the built
`layers`. 256 units, a batch of 64, float, one thread. The two take turns; prints the medians of five rounds.
"""
import statistics
import subprocess
import sys
import time

import torch

WIDTH, BATCH, ROUNDS, STEPS = 256, 64, 5, 2000
LAYERS = {
    "layer_norm": torch.nn.LayerNorm(WIDTH),
    "batch_norm": torch.nn.BatchNorm1d(WIDTH),
    "dropout": torch.nn.Dropout(0.3),
    "prelu": torch.nn.PReLU(),
}


def microseconds(layer):
    x = torch.randn(BATCH, WIDTH, requires_grad=True)
    delta = torch.randn(BATCH, WIDTH)
    start = 0
    for step in range(STEPS + 100):
        if step == 100:
            start = time.process_time()
        layer.zero_grad(set_to_none=True)
        x.grad = None
        layer(x).backward(delta)
    return (time.process_time() - start) / STEPS * 1e6


def gradflow_times(program):
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line[:22].strip(): float(line[22:].split()[0]) for line in lines}


def main():
    torch.set_num_threads(1)
    ours, theirs = {name: [] for name in LAYERS}, {name: [] for name in LAYERS}
    for _ in range(ROUNDS):
        times = gradflow_times(sys.argv[1])
        for name, layer in LAYERS.items():
            ours[name].append(times[name])
            theirs[name].append(microseconds(layer))
    for name in LAYERS:
        a, b = statistics.median(ours[name]), statistics.median(theirs[name])
        print(f"{name:12} gradflow {a:7.2f} us, PyTorch {b:7.2f} us: {b / a:.1f} times as long")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
