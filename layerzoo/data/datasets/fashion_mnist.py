"""The data set ``fashion_mnist``: articles of clothing."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.data.dataset import dataset
from layerzoo.data.idx import IdxSet
from layerzoo.data.remote_files import RemoteFile, files_at


@dataset
class FashionMNIST(IdxSet):
    """70,000 articles of clothing of 28 x 28 pixels: 60,000 to train, 10,000 to test.

    ``layerzoo data get fashion_mnist`` downloads them.
    """

    config_name = "fashion_mnist"
    classes = 10
    labels = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    credit = "Fashion-MNIST, H. Xiao, K. Rasul and R. Vollgraf, Zalando SE, 2017; MIT licence"
    # sizes and hashes: tensorflow_datasets/url_checksums/fashion_mnist.txt of tensorflow/datasets
    files: ClassVar[tuple[RemoteFile, ...]] = files_at(
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            "train-labels-idx1-ubyte.gz": (
                29515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            "t10k-images-idx3-ubyte.gz": (
                4422102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        },
    )
