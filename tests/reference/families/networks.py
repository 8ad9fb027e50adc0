"""Multi-layer perceptrons with given weights. A weight is [inputs, outputs] here; PyTorch stores the transpose."""
import math

import numpy as np
import torch
from torch import nn

from families.numbers import random, tensor


def linear_layer(weight, bias):
    layer = nn.Linear(*weight.shape, dtype=torch.float64)
    layer.weight.data = tensor(weight.T)
    layer.bias.data = tensor(bias[0])
    return layer


def draw_weights(widths, gain, seed):
    """[(weight, bias)] per layer, with four decimals. Weights: normal, variance gain / inputs. Biases: normal / 10."""
    draw = random(seed)
    return [
        (
            np.round(draw.standard_normal((n, m)) * math.sqrt(gain / n), 4),
            np.round(draw.standard_normal((1, m)) / 10, 4),
        )
        for n, m in zip(widths, widths[1:])
    ]


def multi_layer_perceptron(weights, activation):
    layers = [linear_layer(*weights[0])]
    for weight_and_bias in weights[1:]:
        layers += [activation(), linear_layer(*weight_and_bias)]
    return nn.Sequential(*layers)


def named_weights(weights):
    arrays = {}
    for i, (weight, bias) in enumerate(weights):
        arrays[f"{i} weight"] = weight
        arrays[f"{i} bias"] = bias
    return arrays


def weights_of(network):
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    return named_weights([(layer.weight.detach().numpy().T, layer.bias.detach().numpy()[None, :]) for layer in linear])
