"""Load the handwritten digits included in Layerzoo as arrays."""

import numpy as np

from layerzoo.data.datasets.digits import Digits


def load(split, classes=range(10)):
    """Return images (count x 1 x 8 x 8, from 0 to 1) and labels of some classes, float32, shuffled."""
    images, labels = Digits().load(split)
    chosen = np.flatnonzero(np.isin(labels, list(classes)))
    chosen = np.random.RandomState(0).permutation(chosen)
    return images[chosen].astype(np.float32), labels[chosen].astype(np.float32)


def whole_batches(images, labels, size):
    """Drop the examples that don't fill a whole batch."""
    count = len(images) // size * size
    return images[:count], labels[:count]
