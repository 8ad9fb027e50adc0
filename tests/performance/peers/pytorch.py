"""PyTorch in eager mode, with a training loop as in its tutorials.

Arguments: WORKLOAD SECONDS, WORKLOAD - or WORKLOAD --check, as in program.hpp.
"""
import sys
import time

import torch
from torch import nn

import workloads

ACTIVATIONS = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}
LOSSES = {"mse": nn.MSELoss, "binary_cross_entropy": nn.BCEWithLogitsLoss, "cross_entropy": nn.CrossEntropyLoss}


def linear(w, layer):
    weight, bias = workloads.parameters(w, layer)
    made = nn.Linear(*weight.shape)
    made.weight.data = torch.from_numpy(weight.T.copy())
    made.bias.data = torch.from_numpy(bias)
    return made


class Step:
    def __init__(self, w):
        self.layers = [linear(w, layer) for layer in range(len(w["widths"]) - 1)]
        modules = [module for layer in self.layers for module in (layer, ACTIVATIONS[w["activation"]]())][:-1]
        self.network = nn.Sequential(*modules)
        self.loss = LOSSES[w["loss"]]()
        self.optimizer = self.make_optimizer(w)
        self.x, self.y = torch.from_numpy(workloads.inputs(w)), torch.from_numpy(workloads.targets(w))
        if w["loss"] == "cross_entropy":
            self.y = self.y.flatten().long()
        self.zs = [] if w["norms"] else None
        if w["norms"]:
            for layer in self.layers:
                layer.register_forward_hook(self.keep_z)

    def make_optimizer(self, w):
        if w["adam"]:
            return torch.optim.Adam(self.network.parameters(), lr=w["learning_rate"])
        return torch.optim.SGD(self.network.parameters(), lr=w["learning_rate"], momentum=w["momentum"])

    def keep_z(self, module, x, z):
        z.retain_grad()
        self.zs.append(z)

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.last_loss = self.loss(self.network(self.x), self.y)
        self.last_loss.backward()
        if self.zs is not None:
            self.norms = torch.stack([layer.weight.grad.norm() for layer in self.layers] +
                                     [z.grad.norm() for z in self.zs])
            self.zs.clear()
        self.optimizer.step()


def time_of(step, steps):
    start = time.process_time()
    for _ in range(steps):
        step()
    return time.process_time() - start


def measure(step, seconds):
    """Returns the steps per second, and those of the best part."""
    time_of(step, 3)
    part = 1
    while time_of(step, part) < seconds / 40:
        part *= 2
    elapsed = []
    while sum(elapsed) < seconds:
        elapsed.append(time_of(step, part))
    return part * len(elapsed) / sum(elapsed), part / min(elapsed)


def check(step):
    for _ in range(5):
        step()
        print(f"{step.last_loss.item():.9g} {step.layers[0].weight.grad.norm().item():.9g}")


def main(name, seconds):
    torch.set_num_threads(1)
    w = workloads.workload(name)
    if seconds == "--check":
        check(Step(w))
    elif seconds == "-":
        print("ready", flush=True)
        for line in sys.stdin:
            print(*measure(Step(w), float(line)), flush=True)
    else:
        print(*measure(Step(w), float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
