"""The handwritten digits that come with Layerzoo, as arrays."""

import numpy as np

from layerzoo.data.datasets.digits import Digits


def load(split, classes=range(10)):
    """Images (count x 1 x 8 x 8, from 0 to 1) and labels of some of the digits, float32, in random order."""
    images, labels = Digits().load(split)
    chosen = np.flatnonzero(np.isin(labels, list(classes)))
    chosen = np.random.RandomState(0).permutation(chosen)
    return images[chosen].astype(np.float32), labels[chosen].astype(np.float32)


def whole_batches(images, labels, size):
    """As many of them as fill batches of a size."""
    count = len(images) // size * size
    return images[:count], labels[:count]
