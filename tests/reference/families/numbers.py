"""Random numbers, rounding and conversion."""
import numpy as np
import torch


def random(seed):
    return np.random.Generator(np.random.PCG64(seed))


def sixteenths(numbers):
    """Rounds to multiples of 1/16, which have four decimals and are exact in float."""
    return np.round(np.asarray(numbers) * 16) / 16


def tensor(array):
    return torch.tensor(array, dtype=torch.float64)


def ten_a_line(numbers):
    """Reshapes [n] to [n / 10, 10]."""
    return np.reshape(numbers, (-1, 10))
