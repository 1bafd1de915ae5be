"""Names of a package that are imported on first use, so that importing the package is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def imported_on_use(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package.

    Args:
        package: its ``__name__``.
        homes: the names that each of its modules defines.
    """
    module_of = {name: module for module, names in homes.items() for name in names}

    def attribute(name: str) -> Any:
        if name not in module_of:
            if name.startswith("__"):  # Python looks for these; nobody has misspelt them
                raise AttributeError(f"module '{package}' has no attribute '{name}'")
            from difflib import get_close_matches

            close = get_close_matches(name, module_of, 1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise AttributeError(f"module '{package}' has no attribute '{name}'{hint}")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    return attribute
