"""Layerzoo: define nets and solvers in config files, and run them with torch.

::

    import layerzoo

    net = layerzoo.Net("configs/lenet_train_test.yaml", phase="TEST")
    solver = layerzoo.Solver("configs/lenet_solver.yaml")

``__all__`` is the public Python API, which the README lists; a name warns for one minor version before it is
removed. Names are imported on first use, so ``import layerzoo`` does not import torch. Importing changes
nothing in a program, unless LAYERZOO_THREADS is set (see `layerzoo.threads`).
"""

import os
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from layerzoo.lazy_imports import imported_on_use
from layerzoo.version import __version__ as __version__

if TYPE_CHECKING:
    from layerzoo import zoo
    from layerzoo.declared import Fields, field
    from layerzoo.errors import (
        ConfigError,
        ContractError,
        DataError,
        LayerFault,
        LayerzooError,
        NonFiniteError,
        OutOfMemoryError,
        SnapshotError,
        UsageError,
        WeightsError,
        ZooError,
    )
    from layerzoo.host import TorchLayer
    from layerzoo.layer import Layer, OwnParam, at_least, between, exactly, register
    from layerzoo.loader import load_net, load_solver, parse_net, parse_solver
    from layerzoo.net import Net
    from layerzoo.schema import LayerParameter, NetParameter, SolverParameter
    from layerzoo.solver import Callback, Solver

__all__ = [
    "Callback",
    "ConfigError",
    "ContractError",
    "DataError",
    "Fields",
    "Layer",
    "LayerFault",
    "LayerParameter",
    "LayerzooError",
    "Net",
    "NetParameter",
    "NonFiniteError",
    "OutOfMemoryError",
    "OwnParam",
    "SnapshotError",
    "Solver",
    "SolverParameter",
    "TorchLayer",
    "UsageError",
    "WeightsError",
    "ZooError",
    "at_least",
    "between",
    "exactly",
    "field",
    "load_net",
    "load_solver",
    "parse_net",
    "parse_solver",
    "register",
    "zoo",
]

_HOMES = {
    "declared": ("Fields", "field"),
    "errors": (
        "ConfigError",
        "ContractError",
        "DataError",
        "LayerFault",
        "LayerzooError",
        "NonFiniteError",
        "OutOfMemoryError",
        "SnapshotError",
        "UsageError",
        "WeightsError",
        "ZooError",
    ),
    "host": ("TorchLayer",),
    "layer": ("Layer", "OwnParam", "at_least", "between", "exactly", "register"),
    "loader": ("load_net", "load_solver", "parse_net", "parse_solver"),
    "net": ("Net",),
    "schema": ("LayerParameter", "NetParameter", "SolverParameter"),
    "solver": ("Callback", "Solver"),
}
_imported = imported_on_use(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    return import_module("layerzoo.zoo") if name == "zoo" else _imported(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if os.environ.get("LAYERZOO_THREADS"):
    from layerzoo.errors import UsageError
    from layerzoo.threads import use_requested

    with suppress(UsageError):  # a program is told when it makes a solver, the command line at once
        use_requested()
