"""Numbers to begin with."""
import numpy as np
import torch


def random(seed):
    return np.random.Generator(np.random.PCG64(seed))


def sixteenths(numbers):
    """Rounded to what has four decimals and is the same number in float."""
    return np.round(np.asarray(numbers) * 16) / 16


def tensor(array):
    return torch.tensor(array, dtype=torch.float64)


def ten_a_line(numbers):
    """[n] as [n / 10, 10]"""
    return np.reshape(numbers, (-1, 10))
