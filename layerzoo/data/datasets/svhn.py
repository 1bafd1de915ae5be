"""The data set ``svhn``: house numbers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.dataset import NamedSet, dataset
from layerzoo.data.mat import read_mat
from layerzoo.data.remote_files import RemoteFile, files_at
from layerzoo.data.samples import Floats
from layerzoo.errors import DataError


@dataset
class SVHN(NamedSet):
    """99,289 digits of house numbers of 32 x 32 pixels: 73,257 to train, 26,032 to test.

    ``layerzoo data get svhn`` downloads them.
    """

    channels = 3
    native_size = 32
    size = 32
    classes = 10
    credit = "The Street View House Numbers (SVHN) Dataset, Y. Netzer et al., 2011; for non-commercial use"
    # sizes and hashes: tensorflow_datasets/url_checksums/svhn_cropped.txt of tensorflow/datasets
    files: ClassVar[tuple[RemoteFile, ...]] = files_at(
        ("http://ufldl.stanford.edu/housenumbers",),
        {
            "train_32x32.mat": (
                182040794,
                "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            ),
            "test_32x32.mat": (
                64275384,
                "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            ),
        },
    )

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load the images and labels of a split, see `NamedSet.load`."""
        path = self.path_of(f"{split}_32x32.mat")
        arrays = read_mat(path, ("X", "y"))
        pixels, numbers = arrays["X"], arrays["y"].reshape(-1)
        if pixels.shape[:3] != (32, 32, 3) or pixels.shape[3:] != numbers.shape or pixels.dtype != np.uint8:
            sizes = " and ".join(" x ".join(map(str, arrays[name].shape)) for name in ("X", "y"))
            raise DataError(f"{path}: arrays of {sizes}; expected 32 x 32 x 3 x images, and a label for each")
        if len(numbers) and not 1 <= numbers.min() <= numbers.max() <= self.classes:
            raise DataError(f"{path}: a label outside 1 to 10")
        images = pixels.transpose(3, 2, 0, 1)[:, ::-1].astype(np.float32)
        images /= np.float32(255)
        return images, (numbers % self.classes).astype(np.float32)  # 10 stands for the digit 0
