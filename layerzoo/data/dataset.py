"""What a named data set answers, and where its name is registered.

A data set of one's own is a module in `layerzoo.data.datasets` and a test::

    @dataset
    class Stripes(NamedSet):
        '''Stripes, upright (0) and level (1).'''

        channels, native_size, size, classes = 1, 16, 16, 2
        credit = "drawn here"

        def load(self, split):
            return images, labels
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, TypeVar

from layerzoo.data.samples import Floats
from layerzoo.registry import Registry


class NamedSet(ABC):
    """Square labelled images that fit into memory.

    Attributes:
        channels: 1 for grey, 3 for blue, green, red.
        native_size: side of the images as they were published, in pixels.
        size: side that they are served at unless the config says otherwise.
        classes: how many there are; labels count from 0.
        splits: the parts it is divided into.
        credit: who made it, and its licence.
    """

    channels: ClassVar[int]
    native_size: ClassVar[int]
    size: ClassVar[int]
    classes: ClassVar[int]
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    credit: ClassVar[str]

    @abstractmethod
    def load(self, split: str) -> tuple[Floats, Floats]:
        """Images (count x channels x native_size x native_size, values in [0, 1]) and labels (count).

        Raises:
            DataError: its files are missing or damaged.
        """


DATASETS: Registry[NamedSet] = Registry("data set", "layerzoo.data.datasets")

S = TypeVar("S", bound=type[NamedSet])


def dataset(cls: S) -> S:
    """Make a data set known by its class's name in lower case; for use as a decorator.

    Raises:
        LayerzooError: another has that name already.
    """
    DATASETS.register(cls.__name__.lower(), cls)
    return cls
