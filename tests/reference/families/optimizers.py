"""Optimisers: the loss before each of 200 steps, and the parameters after them."""
import torch

from families.numbers import ten_a_line
from families.problems import Quadratic, SmallNetwork, descend


def optimizer_table():
    """gradflow's text for an optimiser, and the same optimiser in PyTorch. Parameters that the text leaves out have
    their defaults in both. The learning rates are small enough that no parameter jumps around its minimum: there,
    rounding makes two correct programs diverge from each other."""
    o = torch.optim
    return {
        "sgd(learning_rate=0.1)": lambda w: o.SGD(w, lr=0.1),
        "sgd(learning_rate=0.1, momentum=0.9)": lambda w: o.SGD(w, lr=0.1, momentum=0.9),
        "sgd(learning_rate=0.1, momentum=0.9, nesterov=1)": lambda w: o.SGD(w, lr=0.1, momentum=0.9, nesterov=True),
        "sgd(learning_rate=0.1, weight_decay=0.1)": lambda w: o.SGD(w, lr=0.1, weight_decay=0.1),
        "sgd(learning_rate=0.1, momentum=0.5, nesterov=1, weight_decay=0.1)": lambda w: o.SGD(
            w, lr=0.1, momentum=0.5, nesterov=True, weight_decay=0.1
        ),
        "adagrad": o.Adagrad,
        "adagrad(learning_rate=0.1, epsilon=0.001)": lambda w: o.Adagrad(w, lr=0.1, eps=0.001),
        "adagrad(learning_rate=0.1, weight_decay=0.1)": lambda w: o.Adagrad(w, lr=0.1, weight_decay=0.1),
        "rmsprop": o.RMSprop,
        "rmsprop(learning_rate=0.002, alpha=0.9, epsilon=0.01)": lambda w: o.RMSprop(w, lr=0.002, alpha=0.9, eps=0.01),
        "rmsprop(learning_rate=0.002, momentum=0.5)": lambda w: o.RMSprop(w, lr=0.002, momentum=0.5),
        "rmsprop(learning_rate=0.002, epsilon=0.01, momentum=0.5, weight_decay=0.1)": lambda w: o.RMSprop(
            w, lr=0.002, eps=0.01, momentum=0.5, weight_decay=0.1
        ),
        "adam": o.Adam,
        "adam(learning_rate=0.05)": lambda w: o.Adam(w, lr=0.05),
        "adam(learning_rate=0.01, beta1=0.8, beta2=0.95, epsilon=0.001)": lambda w: o.Adam(
            w, lr=0.01, betas=(0.8, 0.95), eps=0.001
        ),
        "adam(learning_rate=0.05, weight_decay=0.1)": lambda w: o.Adam(w, lr=0.05, weight_decay=0.1),
        "adamw": o.AdamW,
        "adamw(learning_rate=0.05, weight_decay=0.1)": lambda w: o.AdamW(w, lr=0.05, weight_decay=0.1),
    }


def optimizers():
    problems = {"quadratic": Quadratic, "network": SmallNetwork}
    arrays = {**Quadratic.beginning(), **SmallNetwork.beginning()}
    for text, make in optimizer_table().items():
        for name, problem_class in problems.items():
            problem = problem_class()
            arrays[f"{text}; {name}; losses"] = ten_a_line(descend(problem, make(problem.parameters())))
            arrays.update({f"{text}; {name}; {part}": array for part, array in problem.final().items()})
    return arrays
