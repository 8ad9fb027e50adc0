"""Whole runs with each kind of layer: 50 steps on a small regression, batches of 8 in the order of the samples."""
import itertools

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from families.numbers import random, sixteenths, ten_a_line, tensor
from families.runs import batches

STEPS = 50
BATCH_SIZE = 8
WIDTH = 5

# Seeds of the initial parameters, one for each case. The chain of all layers needs a start from which rounding errors
# stay small: from most starts, 50 steps of sgd magnify a change of the parameters more than 10 000 times, from this one
# 60 times.
SEEDS = [*range(21, 30), 71]

# The initial parameters: mean and standard deviation of each kind of block. None is at a special number, such as 1.
START = {"weight": (0, 0.5), "bias": (0, 0.1), "gain": (1, 0.2), "slope": (0.25, 0.2)}


class RmsNorm(nn.Module):
    """The formula of Zhang & Sennrich 2019. PyTorch 1.13 has no such layer; it computes only the derivatives."""

    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return self.gain * x / torch.sqrt((x * x).mean(dim=1, keepdim=True) + self.eps)


class Dense(nn.Linear):
    def __init__(self, activation, inputs, outputs):
        super().__init__(inputs, outputs)
        self.activation = activation

    def forward(self, x):
        return self.activation(super().forward(x))


class Residual(nn.Module):
    def __init__(self, *layers, scale=1):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.scale = scale

    def forward(self, x):
        return self.scale * (x + self.layers(x))


# For each kind of layer: gradflow's names of parameters and states, and the names that they have in PyTorch.
BLOCKS = {
    Dense: {"weight": "weight", "bias": "bias"},
    RmsNorm: {"gain": "gain"},
    nn.LayerNorm: {"gain": "weight", "bias": "bias"},
    nn.BatchNorm1d: {
        "gain": "weight",
        "bias": "bias",
        "running_mean": "running_mean",
        "running_variance": "running_var",
    },
    nn.PReLU: {"slope": "weight"},
    nn.Sigmoid: {},
    nn.Tanh: {},
    Residual: {},
}


def identity(x):
    return x


def layer_table():
    """Functions that make the layer of each case. The last case is a chain of all, in this order. In the chain, no
    batch_norm follows a layer whose bias it removes: the gradient of such a bias is a rounding error, which adam would
    make as large as the others."""
    n = WIDTH
    single = {
        "rms_norm": lambda: RmsNorm(n),
        "activate": nn.Sigmoid,
        "batch_norm": lambda: nn.BatchNorm1d(n),
        "prelu": lambda: nn.PReLU(1),
        "layer_norm": lambda: nn.LayerNorm(n),
        "residual": lambda: Residual(Dense(torch.tanh, n, n), Dense(identity, n, n)),
        "prelu, per unit": lambda: nn.PReLU(n),
        "batch_norm, eps 0.01, momentum 0.3": lambda: nn.BatchNorm1d(n, eps=0.01, momentum=0.3),
        "residual, scaled and nested": lambda: Residual(
            nn.LayerNorm(n), Residual(Dense(torch.tanh, n, n)), nn.Tanh(), scale=0.7
        ),
    }
    table = {name: [make] for name, make in single.items()}
    return {**table, "all layers": list(single.values())}


def layers_of(layers):
    """The layers in the order of a network of gradflow: a residual block stands after its own layers, as its sum."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from layers_of(layer.layers)
        yield layer


def tensors_of(network):
    """The parameters and states under gradflow's names, such as "1 gain"."""
    return {
        f"{i} {block}": getattr(layer, name)
        for i, layer in enumerate(layers_of(network))
        for block, name in BLOCKS[type(layer)].items()
    }


def parameters_of(network):
    return {name: p for name, p in tensors_of(network).items() if isinstance(p, nn.Parameter)}


def arrays_of(tensors):
    return {
        name: t.detach().numpy().T.copy() if t.dim() == 2 else t.detach().numpy()[None, :].copy()
        for name, t in tensors.items()
    }


def make_network(makers, seed):
    """Returns the network with its initial parameters, which have four decimals."""
    layers = [make() for make in makers]
    network = nn.Sequential(Dense(torch.tanh, 3, WIDTH), *layers, Dense(identity, WIDTH, 2)).double()
    draw = random(seed)
    for name, parameter in parameters_of(network).items():
        mean, deviation = START[name.split()[1]]
        parameter.data = tensor(np.round(mean + deviation * draw.standard_normal(tuple(parameter.shape)), 4))
    return network


def samples():
    """20 samples: the last batch of each epoch has only 4."""
    draw = random(20)
    return sixteenths(draw.standard_normal((20, 3))), sixteenths(draw.standard_normal((20, 2)))


def train(network, optimizer, x, y):
    """Makes all steps, and returns the loss at each step."""
    seen = []
    for batch_x, batch_y in itertools.islice(batches(x, y, BATCH_SIZE), STEPS):
        optimizer.zero_grad()
        loss = F.mse_loss(network(batch_x), batch_y)
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    return seen


def evaluate(network, x):
    network.eval()
    with torch.no_grad():
        return network(x).numpy()


def layers():
    optimizers = {
        "sgd(learning_rate=0.05, momentum=0.9)": lambda w: torch.optim.SGD(w, lr=0.05, momentum=0.9),
        "adam(learning_rate=0.01)": lambda w: torch.optim.Adam(w, lr=0.01),
    }
    x, y = samples()
    arrays = {"x": x, "y": y}
    for seed, (name, makers) in zip(SEEDS, layer_table().items()):
        start = arrays_of(parameters_of(make_network(makers, seed)))
        arrays.update({f"{name}; start; {part}": a for part, a in start.items()})
        for text, make in optimizers.items():
            network = make_network(makers, seed)
            arrays[f"{name}; {text}; losses"] = ten_a_line(
                train(network, make(network.parameters()), tensor(x), tensor(y))
            )
            arrays.update({f"{name}; {text}; {part}": a for part, a in arrays_of(tensors_of(network)).items()})
            arrays[f"{name}; {text}; outputs"] = evaluate(network, tensor(x))
    return arrays
