"""The data set ``kmnist``: Japanese characters in cursive script."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.data.dataset import dataset
from layerzoo.data.idx import IdxSet
from layerzoo.data.remote_files import RemoteFile, files_at


@dataset
class KMNIST(IdxSet):
    """70,000 Japanese characters of 28 x 28 pixels: 60,000 to train, 10,000 to test.

    ``layerzoo data get kmnist`` downloads them.
    """

    classes = 10
    labels = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    credit = "KMNIST, CODH, from Kuzushiji Dataset of NIJL and others, doi 10.20676/00000341; CC BY-SA 4.0"
    # sizes and hashes: tensorflow_datasets/url_checksums/kmnist.txt of tensorflow/datasets
    files: ClassVar[tuple[RemoteFile, ...]] = files_at(
        ("http://codh.rois.ac.jp/kmnist/dataset/kmnist",),
        {
            "train-images-idx3-ubyte.gz": (
                18165135,
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            ),
            "train-labels-idx1-ubyte.gz": (
                29497,
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            ),
            "t10k-images-idx3-ubyte.gz": (
                3041136,
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5120,
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
        },
    )
