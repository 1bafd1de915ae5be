"""The data set ``mnist``: handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from layerzoo.data.dataset import dataset
from layerzoo.data.idx import IdxSet
from layerzoo.data.remote_files import RemoteFile, files_at
from layerzoo.home import home


@dataset
class MNIST(IdxSet):
    """70,000 handwritten digits of 28 x 28 pixels: 60,000 to train, 10,000 to test.

    The package doesn't contain them: ``layerzoo data get mnist`` downloads the four IDX files. Those in
    ``data/mnist`` in ``LAYERZOO_HOME`` are read too.
    """

    classes = 10
    credit = "MNIST, Y. LeCun, C. Cortes and C. Burges, 1998"
    # sizes and hashes: tensorflow_datasets/url_checksums/mnist.txt of tensorflow/datasets
    files: ClassVar[tuple[RemoteFile, ...]] = files_at(
        (
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "https://ossci-datasets.s3.amazonaws.com/mnist",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                9912422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            "train-labels-idx1-ubyte.gz": (
                28881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            "t10k-images-idx3-ubyte.gz": (
                1648877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                4542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        },
    )

    @classmethod
    def folders(cls) -> tuple[Path, ...]:
        """The folder of downloads, and the one that was read first."""
        return (*super().folders(), home() / "data" / "mnist")
