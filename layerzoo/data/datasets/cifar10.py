"""The data set ``cifar10``: photos of animals and vehicles."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.data.cifar import CifarSet
from layerzoo.data.dataset import dataset
from layerzoo.data.remote_files import RemoteFile, files_at


@dataset
class CIFAR10(CifarSet):
    """60,000 photos of 32 x 32 pixels: 50,000 to train, 10,000 to test.

    ``layerzoo data get cifar10`` downloads them.
    """

    classes = 10
    labels = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    credit = "CIFAR-10, A. Krizhevsky, V. Nair and G. Hinton, 2009"
    members: ClassVar[dict[str, tuple[str, ...]]] = {
        "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
        "test": ("test_batch.bin",),
    }
    # size and hash: tensorflow_datasets/url_checksums/cifar10.txt of tensorflow/datasets
    files: ClassVar[tuple[RemoteFile, ...]] = files_at(
        (
            "https://www.cs.toronto.edu/~kriz",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10",
        ),
        {
            "cifar-10-binary.tar.gz": (
                170052171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            )
        },
    )
