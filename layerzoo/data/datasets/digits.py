"""The data set ``digits``: handwritten digits, shipped with the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from layerzoo.data.dataset import NamedSet, dataset
from layerzoo.data.draws import Ints
from layerzoo.data.samples import Floats

TEST_IMAGES_PER_CLASS = 36
"""About a fifth of each class."""
MAX_GREY = 16
"""The highest grey level in the file; it is scaled to 1."""


@dataset
class Digits(NamedSet):
    """1,797 handwritten digits of 8 x 8 pixels: 1,437 to train, 360 to test.

    The split is fixed: ``numpy.random.default_rng(0)`` permutes the images of each class in turn, and the
    first 36 of each class are the test images. Both splits keep the order of the file.
    """

    channels = 1
    native_size = 8
    size = 28
    classes = 10
    credit = (
        "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, "
        "UCI Machine Learning Repository, 1998; CC BY 4.0"
    )

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load the images and labels of a split, see `NamedSet.load`."""
        with files(__package__).joinpath("digits.npz").open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            images, labels = arrays["images"], arrays["labels"]
        test = held_out(labels)
        chosen = test if split == "test" else np.setdiff1d(np.arange(len(labels)), test)
        grey = images[chosen].astype(np.float32) / MAX_GREY
        return grey[:, None], labels[chosen].astype(np.float32)


def held_out(labels: Ints) -> Ints:
    """The indices of the test images, ascending."""
    rng = np.random.default_rng(0)
    classes = [rng.permutation(np.flatnonzero(labels == c))[:TEST_IMAGES_PER_CLASS] for c in range(10)]
    return np.sort(np.concatenate(classes))
