"""Layerzoo: nets and solvers as config files, run by torch.

::

    import layerzoo

    net = layerzoo.Net("configs/lenet_train_test.yaml", phase="TEST")
    solver = layerzoo.Solver("configs/lenet_solver.yaml")

Names are imported when they are first used, so ``import layerzoo`` does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from layerzoo.version import __version__ as __version__

if TYPE_CHECKING:
    from layerzoo.declared import Fields, field
    from layerzoo.errors import ConfigError, LayerzooError
    from layerzoo.layer import Layer, register
    from layerzoo.loader import load_net, load_solver, parse_net, parse_solver
    from layerzoo.net import Net
    from layerzoo.schema import NetParameter, SolverParameter
    from layerzoo.solver import Solver

__all__ = [
    "ConfigError",
    "Fields",
    "Layer",
    "LayerzooError",
    "Net",
    "NetParameter",
    "Solver",
    "SolverParameter",
    "field",
    "load_net",
    "load_solver",
    "parse_net",
    "parse_solver",
    "register",
]

_HOMES = {
    "declared": ("Fields", "field"),
    "errors": ("ConfigError", "LayerzooError"),
    "layer": ("Layer", "register"),
    "loader": ("load_net", "load_solver", "parse_net", "parse_solver"),
    "net": ("Net",),
    "schema": ("NetParameter", "SolverParameter"),
    "solver": ("Solver",),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "zoo":
        return import_module("layerzoo.zoo")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'layerzoo' has no attribute '{name}'")
    return getattr(import_module(f"layerzoo.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
