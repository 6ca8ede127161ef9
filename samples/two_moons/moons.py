"""Two interleaving half circles with noise: the data set of the same name, without needing scikit-learn."""

import numpy as np


def two_moons(count, noise=0.1, seed=0):
    """Points of shape (count, 2) and the moon (0 or 1) that each belongs to."""
    # RandomState, the old interface: its stream is frozen for ever, that of default_rng may change.
    random = np.random.RandomState(seed)
    angle = np.linspace(0, np.pi, count // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.concatenate([upper, lower])
    points += noise * random.standard_normal(points.shape)
    labels = np.repeat([0, 1], count // 2)
    return points.astype(np.float32), labels.astype(np.uint8)
