"""Whole runs on handwritten digits: batches of 32 in the order of the file, for several epochs."""
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from families.networks import draw_weights, multi_layer_perceptron, named_weights, weights_of
from families.numbers import ten_a_line, tensor

DIGITS = Path(__file__).resolve().parents[3] / "datasets" / "digits.csv"
STEPS = 200


def digits():
    table = np.loadtxt(DIGITS, delimiter=",", skiprows=1)
    return tensor(table[:, :-1] / 16), torch.tensor(table[:, -1].astype(int))


def batches(x, y, size=32):
    while True:
        yield from zip(x.split(size), y.split(size))


def train(network, optimizer):
    """Returns the loss at each step, and the norms of the gradients (weight, bias, weight, ...) at every tenth step."""
    seen, norms = [], []
    for step, (x, y) in zip(range(STEPS), batches(*digits())):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        seen.append(loss.item())
        if step % 10 == 9:
            norms.append([p.grad.norm().item() for p in network.parameters()])
        optimizer.step()
    return ten_a_line(seen), np.array(norms)


def runs():
    networks = {
        "64-32-10 relu": ([64, 32, 10], nn.ReLU, 2),
        "64-32x4-10 tanh": ([64, 32, 32, 32, 32, 10], nn.Tanh, 1),
        "64-32x4-10 relu": ([64, 32, 32, 32, 32, 10], nn.ReLU, 2),
    }
    optimizers = {
        "sgd(learning_rate=0.1)": lambda w: torch.optim.SGD(w, lr=0.1),
        "adam(learning_rate=0.001)": lambda w: torch.optim.Adam(w, lr=0.001),
    }
    arrays = {}
    for seed, (name, (widths, activation, gain)) in enumerate(networks.items(), start=6):
        weights = draw_weights(widths, gain, seed)
        arrays.update({f"{name}; start; {part}": a for part, a in named_weights(weights).items()})
        for text, make in optimizers.items():
            network = multi_layer_perceptron(weights, activation)
            seen, norms = train(network, make(network.parameters()))
            arrays[f"{name}; {text}; losses"] = seen
            arrays[f"{name}; {text}; gradient norms"] = norms
            arrays.update({f"{name}; {text}; {part}": a for part, a in weights_of(network).items()})
    return arrays
