"""The data set ``cifar100``: photos of 100 classes."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.data.cifar import CifarSet
from layerzoo.data.dataset import dataset
from layerzoo.data.remote_files import RemoteFile, files_at

_NAMES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard
    lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
    pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal
    shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
    telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


@dataset
class CIFAR100(CifarSet):
    """60,000 photos of 32 x 32 pixels in 100 classes: 50,000 to train, 10,000 to test.

    Labels are those of the 100 fine classes. ``layerzoo data get cifar100`` downloads them.
    """

    classes = 100
    labels = tuple(_NAMES.split())
    credit = "CIFAR-100, A. Krizhevsky, V. Nair and G. Hinton, 2009"
    label_bytes = 2
    members: ClassVar[dict[str, tuple[str, ...]]] = {"train": ("train.bin",), "test": ("test.bin",)}
    # size and hash: tensorflow_datasets/url_checksums/cifar100.txt of tensorflow/datasets
    files: ClassVar[tuple[RemoteFile, ...]] = files_at(
        ("https://www.cs.toronto.edu/~kriz",),
        {
            "cifar-100-binary.tar.gz": (
                168513733,
                "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            )
        },
    )
