"""Base class and registry of the recognisers: what kind of data lies at a path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import ClassVar, Final, TypeVar

from layerzoo.errors import DataError
from layerzoo.projects.asked import Asked
from layerzoo.projects.data_description import DataDescription

_PACKAGE: Final = "layerzoo.projects.recognisers"


class Recogniser(ABC):
    """Recognises one kind of data.

    Attributes:
        expects: what the data look like, for the message that nothing was recognised.
        rank: the place among the recognisers, of which the first that knows the data is taken.
    """

    expects: ClassVar[str]
    rank: ClassVar[int] = 50

    @classmethod
    @abstractmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; None if it is of another kind.

        Raises:
            DataError: it is of this kind, but can't be used; says why.
            OSError: it can't be read.
        """


_KNOWN: dict[str, type[Recogniser]] = {}
R = TypeVar("R", bound=type[Recogniser])


def recogniser(cls: R) -> R:
    """Register a recogniser; for use as a decorator."""
    _KNOWN[cls.__name__] = cls
    return cls


def recognisers() -> Iterator[type[Recogniser]]:
    """All recognisers, in the order in which they are asked."""
    for module in iter_modules(import_module(_PACKAGE).__path__):
        import_module(f"{_PACKAGE}.{module.name}")
    yield from sorted(_KNOWN.values(), key=lambda cls: (cls.rank, cls.__name__))


def recognise(path: Path, asked: Asked) -> DataDescription:
    """What lies at a path, by the first recogniser that knows it.

    Raises:
        DataError: the path doesn't exist, nothing is known of what lies there, or it can't be used.
    """
    if not path.exists():
        raise DataError(f"-data {path}: no such file or folder")
    try:
        if path.is_dir() and not any(path.iterdir()):
            raise DataError(f"-data {path}: an empty folder")
        for cls in recognisers():
            description = cls.recognise(path, asked)
            if description is not None:
                return description
    except OSError as error:
        raise DataError(f"-data {path}: can't be read: {error.strerror or error}") from None
    kinds = "\n".join(f"  - {cls.expects}" for cls in recognisers())
    raise DataError(f"-data {path}: {_described(path)}; expected one of:\n{kinds}")


def _described(path: Path) -> str:
    """What a path that is not recognised holds."""
    if path.is_file():
        return f"a file of unknown kind (suffix '{path.suffix}')" if path.suffix else "a file of unknown kind"
    names = sorted(child.name + "/" * child.is_dir() for child in path.iterdir())
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"a folder that is not recognised, with {', '.join(names[:5])}{more}"
