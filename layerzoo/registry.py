"""Registries: classes by their names in configs.

A registry imports the classes of a package on demand. The naming rule gives the module of a name:
``SoftmaxWithLoss`` is defined in ``softmax_with_loss.py``. So a new class needs no entry in a list, and only
the layers that a net uses are imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Generic, TypeVar

from layerzoo.errors import LayerzooError, did_you_mean, nearest

T = TypeVar("T")


class UnknownNameError(LayerzooError, KeyError):
    """A name is not registered.

    Attributes:
        kind: the kind of the registry's classes, e.g. ``layer type``.
        name: the name.
    """

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(kind, name)
        self.kind, self.name, self._known = kind, name, known

    @cached_property
    def near(self) -> list[str]:
        """Similar registered names; the search takes long, so it is made only if asked for."""
        return nearest(self.name, self._known, 3)

    def __str__(self) -> str:
        hint = did_you_mean(self.near)
        return f"unknown {self.kind} '{self.name}'" + (f"; {hint}" if hint else "")


class Registry(Generic[T]):
    """Classes by name.

    Args:
        kind: the kind of the classes in messages, e.g. ``layer type``.
        package: the package whose modules register them, e.g. ``layerzoo.layers``.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._known: dict[str, type[T]] = {}

    def register(self, name: str, cls: type[T]) -> type[T]:
        """Register a class under a name.

        Raises:
            LayerzooError: another class has that name.
        """
        if not cls.__module__.startswith(f"{self.package}."):
            self._import(name)  # the package's own class may not be imported yet
        old = self._known.get(name)
        if old is not None and (old.__module__, old.__qualname__) != (cls.__module__, cls.__qualname__):
            raise LayerzooError(
                f"{self.kind} '{name}' is already registered by {old.__module__}.{old.__qualname__}; "
                "give the class another name"
            )
        self._known[name] = cls
        return cls

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._known:
            self._import(name)
        try:
            return self._known[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self) from None

    def __contains__(self, name: str) -> bool:
        try:
            self[name]
        except UnknownNameError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        """All names in order; imports every module of the package."""
        for name in self._modules:
            self._import(name)
        return iter(sorted(self._known))

    def _import(self, name: str) -> None:
        """Import the modules that may register a name; names that differ in case have several."""
        for module in self._modules.get(_folded(name), ()):
            importlib.import_module(f"{self.package}.{module}")

    @cached_property
    def _modules(self) -> dict[str, list[str]]:
        """The modules of the package, by their names without underscores."""
        path = importlib.import_module(self.package).__path__
        modules: dict[str, list[str]] = {}
        for module in pkgutil.iter_modules(path):
            modules.setdefault(_folded(module.name), []).append(module.name)
        return modules


def _folded(name: str) -> str:
    return name.replace("_", "").lower()
