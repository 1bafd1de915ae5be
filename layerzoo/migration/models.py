"""Find the models of a folder: nets, and the weights that belong to each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerzoo.survey import config_files

_SUFFIXES: Final = (".caffemodel", ".safetensors", ".h5")


@dataclass(frozen=True)
class Model:
    """A net and its weights.

    Attributes:
        net: the config file.
        weights: the weights file; None if there is none.
    """

    net: Path
    weights: Path | None


def models_in(folder: Path) -> list[Model]:
    """The nets below a folder, each with the weights of its name, else the only weights beside it.

    Raises:
        UsageError: ``folder`` is not a directory.
    """
    return [Model(net, weights_of(net)) for net in config_files(folder)]


def weights_of(net: Path) -> Path | None:
    """The weights file that belongs to a net: of its name, or the only one in its folder."""
    named = [net.with_suffix(suffix) for suffix in _SUFFIXES if net.with_suffix(suffix).is_file()]
    beside = [path for path in net.parent.iterdir() if path.suffix in _SUFFIXES and path.is_file()]
    if named:
        return named[0]
    return beside[0] if len(beside) == 1 else None
