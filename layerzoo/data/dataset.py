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
from pathlib import Path
from typing import ClassVar, TypeVar

from layerzoo.data.remote_files import RemoteFile
from layerzoo.data.samples import Floats
from layerzoo.errors import DataError
from layerzoo.home import home
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
        config_name: its name in configs; empty: the name of its class in lower case.
        labels: names of the classes; empty: their numbers.
        files: what ``layerzoo data get`` downloads; empty if nothing is missing.
    """

    channels: ClassVar[int]
    native_size: ClassVar[int]
    size: ClassVar[int]
    classes: ClassVar[int]
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    credit: ClassVar[str]
    config_name: ClassVar[str] = ""
    labels: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[tuple[RemoteFile, ...]] = ()

    @classmethod
    def name_in_configs(cls) -> str:
        """The name by which configs refer to it."""
        return cls.config_name or cls.__name__.lower()

    @classmethod
    def folder(cls) -> Path:
        """The folder of its files, ``datasets/NAME`` in ``LAYERZOO_HOME``; it may not exist."""
        return home() / "datasets" / cls.name_in_configs()

    @classmethod
    def folders(cls) -> tuple[Path, ...]:
        """The folders in which its files are looked for."""
        return (cls.folder(),)

    @classmethod
    def path_of(cls, *names: str) -> Path:
        """The path of a file, which has one of several names.

        Raises:
            DataError: it is missing.
        """
        for folder in cls.folders():
            for name in names:
                if (folder / name).exists():
                    return folder / name
        name = cls.name_in_configs()
        message = f"data set '{name}' needs the file {' or '.join(names)} in {cls.folder()}"
        raise DataError(f"{message}; get it by: layerzoo data get {name}")

    @classmethod
    def class_names(cls, target: int) -> list[str]:
        """Names of the classes that a net for a ``dataset_param.target`` tells apart, in order."""
        return list(cls.labels) or [str(number) for number in range(cls.classes)]

    @abstractmethod
    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load a split: images (count x channels x native_size x native_size, in [0, 1]) and labels (count).

        Raises:
            DataError: files of the data set are missing or damaged.
        """


DATASETS: Registry[NamedSet] = Registry("data set", "layerzoo.data.datasets")

S = TypeVar("S", bound=type[NamedSet])


def dataset(cls: S) -> S:
    """Register a data set under its name in configs; for use as a decorator.

    Raises:
        LayerzooError: the name is already registered.
    """
    DATASETS.register(cls.name_in_configs(), cls)
    return cls
