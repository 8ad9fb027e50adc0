"""The workloads of ../workloads.hpp, with the same numbers, for libraries with a Python interface."""
import numpy as np

WORKLOADS = {
    "W1": dict(widths=[2, 8, 1], activation="tanh", loss="mse", batch=4),
    "W2": dict(widths=[2, 16, 16, 16, 1], activation="tanh", loss="binary_cross_entropy", batch=32),
    "W3": dict(widths=[64] * 21 + [10], activation="sigmoid", loss="cross_entropy", batch=64),
    "W3n": dict(widths=[64] * 21 + [10], activation="sigmoid", loss="cross_entropy", batch=64, norms=True),
    "W4": dict(widths=[784, 256, 128, 10], activation="relu", loss="cross_entropy", batch=64, adam=True,
               learning_rate=0.001),
    "W5": dict(widths=[784, 1024, 1024, 1024, 10], activation="relu", loss="cross_entropy", batch=256, momentum=0.9),
}
DEFAULTS = dict(norms=False, adam=False, learning_rate=0.01, momentum=0.0)


def workload(name):
    return DEFAULTS | WORKLOADS[name]


def uniform(stream, count):
    """Returns `count` uniform numbers in (0, 1): splitmix64 of (stream, i), for i from 0."""
    with np.errstate(over="ignore"):
        z = np.uint64((stream << 32) + 1) + np.arange(count, dtype=np.uint64)
        z = z * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (((z ^ (z >> np.uint64(31))) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def inputs(w):
    count = w["batch"] * w["widths"][0]
    x = np.sqrt(-2 * np.log(uniform(1, count))) * np.cos(2 * np.pi * uniform(2, count))
    return x.astype(np.float32).reshape(w["batch"], -1)


def targets(w):
    classes = w["widths"][-1] if w["loss"] == "cross_entropy" else 2
    return np.floor(uniform(3, w["batch"]) * classes).astype(np.float32).reshape(-1, 1)


def parameters(w, layer):
    """Returns (weight [inputs, outputs], bias [outputs]) of a layer."""
    fan_in, fan_out = w["widths"][layer:layer + 2]
    gain = {"sigmoid": 4, "relu": np.sqrt(2), "tanh": 1}[w["activation"]]
    p = 2 * uniform(10 + layer, (fan_in + 1) * fan_out) - 1
    weight, bias = p[:fan_in * fan_out] * gain * np.sqrt(3 / fan_in), p[fan_in * fan_out:] * 0.1
    return weight.astype(np.float32).reshape(fan_in, fan_out), bias.astype(np.float32)
