"""Losses: output, target, loss and gradient for a batch of 6 samples with 4 outputs."""
import numpy as np
from torch.nn import functional as F

from families.numbers import random, sixteenths, tensor


def targets():
    """Targets for every kind of loss. All numbers are multiples of 1/16."""
    draw = random(2)
    return {
        "values": sixteenths(2 * draw.standard_normal((6, 4))),
        "probabilities": draw.integers(0, 17, (6, 4)) / 16,
        "distributions": draw.multinomial(16, [0.4, 0.3, 0.2, 0.1], 6) / 16,
        "classes": draw.integers(0, 4, (6, 1)).astype(float),
    }


def outputs():
    draw = random(3)
    return {
        "small": sixteenths(2 * draw.standard_normal((6, 4))),
        "large": np.round(5000 * draw.standard_normal((6, 4))),
    }


def loss_table():
    """Rows of: name, loss function, kind of targets."""

    def cross_entropy_of_classes(y, t):
        return F.cross_entropy(y, t.flatten().long())

    return [
        ("mse", F.mse_loss, "values"),
        ("mae", F.l1_loss, "values"),
        ("huber", F.huber_loss, "values"),
        ("huber(delta=0.5)", lambda y, t: F.huber_loss(y, t, delta=0.5), "values"),
        ("binary_cross_entropy", F.binary_cross_entropy_with_logits, "probabilities"),
        ("cross_entropy", cross_entropy_of_classes, "classes"),
        ("cross_entropy", F.cross_entropy, "distributions"),
    ]


def losses():
    arrays = {}
    for name, function, wanted in loss_table():
        for size, output in outputs().items():
            y, target = tensor(output).requires_grad_(), targets()[wanted]
            loss = function(y, tensor(target))
            loss.backward()
            case = f"{name}; {size} outputs, {wanted}"
            arrays[f"{case}; output"] = output
            arrays[f"{case}; target"] = target
            arrays[f"{case}; loss"] = np.array([[loss.item()]])
            arrays[f"{case}; gradient"] = y.grad.numpy()
    return arrays
