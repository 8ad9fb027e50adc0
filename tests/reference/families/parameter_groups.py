"""Optimisers with parameter groups and frozen layers: the loss before each of 200 steps, and the parameters after them."""
import torch
from torch import nn

from families.numbers import ten_a_line
from families.problems import DeeperNetwork, descend


def optimizer_table():
    """gradflow's text for an optimiser, and the same optimiser in PyTorch: its class and its options."""
    o = torch.optim
    return {
        "sgd(learning_rate=0.1, weight_decay=0.01)": (o.SGD, dict(lr=0.1, weight_decay=0.01)),
        "sgd(learning_rate=0.1, momentum=0.9, weight_decay=0.01)": (
            o.SGD,
            dict(lr=0.1, momentum=0.9, weight_decay=0.01),
        ),
        "adagrad(learning_rate=0.02, epsilon=0.01, weight_decay=0.01)": (
            o.Adagrad,
            dict(lr=0.02, eps=0.01, weight_decay=0.01),
        ),
        "rmsprop(learning_rate=0.002, epsilon=0.01, weight_decay=0.01)": (
            o.RMSprop,
            dict(lr=0.002, eps=0.01, weight_decay=0.01),
        ),
        "adam(learning_rate=0.01, weight_decay=0.01)": (o.Adam, dict(lr=0.01, weight_decay=0.01)),
        "adamw(learning_rate=0.01, weight_decay=0.1)": (o.AdamW, dict(lr=0.01, weight_decay=0.1)),
    }


def grouped(layers, make, options):
    """Layer 0 has a tenth of the learning rate, layer 2 half of it. Biases have no weight decay."""
    groups = []
    for layer, rate in zip(layers, (0.1, 1, 0.5)):
        groups.append({"params": [layer.weight], "lr": options["lr"] * rate})
        groups.append({"params": [layer.bias], "lr": options["lr"] * rate, "weight_decay": 0})
    return make(groups, **options)


def with_frozen_layer(layers, make, options, frozen):
    """One layer is frozen. The others are in one group."""
    for parameter in layers[frozen].parameters():
        parameter.requires_grad = False
    return make([p for layer in layers for p in layer.parameters()], **options)


def parameter_groups():
    arrays = DeeperNetwork.beginning()
    ways = {
        "grouped": grouped,
        "layer 0 frozen": lambda *arguments: with_frozen_layer(*arguments, frozen=0),
        "layer 1 frozen": lambda *arguments: with_frozen_layer(*arguments, frozen=1),
    }
    for text, (make, options) in optimizer_table().items():
        for way, make_optimizer in ways.items():
            problem = DeeperNetwork()
            layers = [layer for layer in problem.network if isinstance(layer, nn.Linear)]
            optimizer = make_optimizer(layers, make, options)
            arrays[f"{text}; {way}; losses"] = ten_a_line(descend(problem, optimizer, before_step=problem.clip))
            arrays.update({f"{text}; {way}; {part}": array for part, array in problem.final().items()})
    return arrays
