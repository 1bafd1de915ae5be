"""Base class and registry of the named data sets.

To add a data set, write a module in `layerzoo.data.datasets` and a test::

    @dataset
    class Stripes(NamedSet):
        '''Stripes, vertical (0) and horizontal (1).'''

        channels, native_size, size, classes = 1, 16, 16, 2
        credit = "generated"

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
        native_size: side of the published images in pixels.
        size: default side of the images that the layer outputs, in pixels.
        classes: number of classes; labels start at 0.
        splits: names of the splits.
        credit: authors and licence.
    """

    channels: ClassVar[int]
    native_size: ClassVar[int]
    size: ClassVar[int]
    classes: ClassVar[int]
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    credit: ClassVar[str]

    @classmethod
    def class_names(cls, target: int) -> list[str]:
        """Names of the classes that a net for a ``dataset_param.target`` tells apart, in order."""
        return [str(number) for number in range(cls.classes)]

    @abstractmethod
    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load a split: images (count x channels x native_size x native_size, in [0, 1]) and labels (count).

        Raises:
            DataError: files of the data set are missing or damaged.
        """


DATASETS: Registry[NamedSet] = Registry("data set", "layerzoo.data.datasets")

S = TypeVar("S", bound=type[NamedSet])


def dataset(cls: S) -> S:
    """Register a data set under its class name in lower case; for use as a decorator.

    Raises:
        LayerzooError: the name is already registered.
    """
    DATASETS.register(cls.__name__.lower(), cls)
    return cls
