"""The kinds of inputs: how one is generated, and the readers that it is given to.

A kind is a function of bytes and an empty folder, marked with `kind`. It may return, or raise a
LayerzooError; anything else is a finding. An input is a function of (kind, seed, number) alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random

Generate = Callable[[Random], bytes]
Read = Callable[[bytes, Path], object]

_NAMES = "texts blocks nets solvers weights snapshots hdf5 records images lists sources folders zoo http runs"
_MODULES = tuple(f"tests.fuzz.readers.{name}" for name in _NAMES.split())


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        name: its name on the command line and the folder of its regression inputs.
        is_text: counted as a text; otherwise as a binary.
        generate: makes an input.
        read: gives an input to the readers.
        share: share of the time, relative to other kinds.
        seconds: limit of CPU time for one input.
        memory: limit in bytes of the memory that one input adds to the process.
    """

    name: str
    is_text: bool
    generate: Generate
    read: Read
    share: float = 1.0
    seconds: float = 2.0
    memory: int = 256 << 20

    def input(self, seed: int, number: int) -> bytes:
        """The input of a seed and number."""
        return self.generate(Random(f"{self.name}/{seed}/{number}"))


_known: dict[str, Kind] = {}


def kind(
    name: str, generate: Generate, *, text: bool = False, share: float = 1.0, seconds: float = 2.0
) -> Callable[[Read], Read]:
    """Register a function of bytes and a folder as a kind; see `Kind`."""

    def register(read: Read) -> Read:
        assert name not in _known, f"two kinds are named {name}"
        _known[name] = Kind(name, text, generate, read, share, seconds)
        return read

    return register


@cache
def kinds(modules: tuple[str, ...] = _MODULES) -> dict[str, Kind]:
    """The kinds of some modules by name, by default of all in ``tests/fuzz/readers``."""
    for module in modules:
        import_module(module)
    return {name: one for name, one in _known.items() if one.read.__module__ in modules}
