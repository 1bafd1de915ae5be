"""The pages, one module each."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import all modules, which declare their routes."""
    for module in iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
