"""The problems that the optimisers minimise, and the loop."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from families.networks import draw_weights, multi_layer_perceptron, named_weights, weights_of
from families.numbers import random, sixteenths, tensor

STEPS = 200


class Quadratic:
    """The sum of c (w - m)^2 / 2 over five parameters, which are stored in two tensors."""

    CURVATURES = [0.0625, 0.25, 1, 2, 4]
    MINIMUM = [0.5, -1, 0.25, 1.5, -0.75]
    START = [1.5, 1, -2, 0.5, 0.25]

    def __init__(self):
        self.w = [tensor(self.START[:3]).requires_grad_(), tensor(self.START[3:]).requires_grad_()]

    def parameters(self):
        return self.w

    def loss(self):
        w, c, m = torch.cat(self.w), tensor(self.CURVATURES), tensor(self.MINIMUM)
        return (c * (w - m) ** 2).sum() / 2

    def final(self):
        return {"parameters": torch.cat(self.w).detach().numpy()[None, :]}

    @classmethod
    def beginning(cls):
        numbers = {"curvatures": cls.CURVATURES, "minimum": cls.MINIMUM, "start": cls.START}
        return {f"quadratic; {name}": np.array([values], float) for name, values in numbers.items()}


class SmallNetwork:
    """A 3-8-2 network with tanh; mean squared error on one batch of 10 samples."""

    WIDTHS = [3, 8, 2]

    def __init__(self):
        self.network = multi_layer_perceptron(draw_weights(self.WIDTHS, 1, seed=4), nn.Tanh)

    def parameters(self):
        return self.network.parameters()

    def loss(self):
        x, y = self.batch()
        return F.mse_loss(self.network(tensor(x)), tensor(y))

    def final(self):
        return weights_of(self.network)

    @staticmethod
    def batch():
        draw = random(5)
        return sixteenths(draw.standard_normal((10, 3))), sixteenths(draw.standard_normal((10, 2)))

    @classmethod
    def beginning(cls):
        x, y = cls.batch()
        start = named_weights(draw_weights(cls.WIDTHS, 1, seed=4))
        return {"network; x": x, "network; y": y, **{f"network; start; {name}": a for name, a in start.items()}}


class DeeperNetwork(SmallNetwork):
    """The same with one more hidden layer, and gradients that can be clipped by their norm."""

    WIDTHS = [3, 8, 8, 2]
    CLIP_NORM = 0.1

    def clip(self):
        nn.utils.clip_grad_norm_(self.parameters(), self.CLIP_NORM)


def descend(problem, optimizer, after_step=lambda step: None, before_step=lambda: None):
    """Makes all steps, and returns the loss before each step."""
    seen = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = problem.loss()
        loss.backward()
        before_step()
        optimizer.step()
        after_step(step)
        seen.append(loss.item())
    return seen
