"""Activations: z, value and slope at each point."""
import numpy as np
import torch
from torch.nn import functional as F

from families.numbers import tensor


def hard_sigmoid(z):
    """The value of F.hardsigmoid with the slope of F.hardtanh. The slope of F.hardsigmoid uses 1/6 in float, so it is
    wrong by 5e-9 in double."""
    sloped = F.hardtanh(z / 6 + 0.5, 0, 1)
    return F.hardsigmoid(z).detach() + (sloped - sloped.detach())  # adds 0 to the value, and the slope to the gradient


def activation_table():
    return {
        "identity": lambda z: 1 * z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": F.relu,
        "leaky_relu": lambda z: F.leaky_relu(z, 0.2),
        "leaky_relu(slope=0.01)": F.leaky_relu,
        "elu": F.elu,
        "elu(alpha=0.5)": lambda z: F.elu(z, alpha=0.5),
        "selu": F.selu,
        "celu": F.celu,
        "celu(alpha=2)": lambda z: F.celu(z, alpha=2),
        "gelu": F.gelu,
        "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
        "silu": F.silu,
        "mish": F.mish,
        "softplus": lambda z: F.softplus(z, threshold=1000),  # torch replaces softplus by z above the threshold
        "softsign": F.softsign,
        "hard_sigmoid": hard_sigmoid,
        "hard_tanh": F.hardtanh,
        "relu6": F.relu6,
        "lecun_tanh": lambda z: 1.7159 * torch.tanh(2 / 3 * z),
        "sine": torch.sin,
        "gaussian": lambda z: torch.exp(-z * z),
    }


def points():
    """Points in [-12, 12]: every kink, and more points where the functions bend. All are exact in float too."""
    bends = [2**-20, 2**-10, 0.0625, 0.1875, 0.3125, 0.6875, 0.8125, 1.1875, 1.3125, 1.8125, 2.6875, 3.3125]
    return np.array(sorted([k / 2 for k in range(-24, 25)] + bends + [-b for b in bends]))


def activations():
    arrays = {}
    for name, activation in activation_table().items():
        z = tensor(points()).requires_grad_()
        value = activation(z)
        value.sum().backward()
        arrays[name] = np.column_stack([z.detach(), value.detach(), z.grad])
    return arrays
