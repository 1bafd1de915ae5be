"""Measures lessons that minimise a function: iterations to the minimum, by ``benchmarks/minimisers.py``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "minimisers.py"
MOST = 500
"""Where runs end that have not reached the minimum; they count as so many iterations."""


@cache
def script() -> ModuleType:
    """The benchmark as a module."""
    spec = spec_from_file_location("minimisers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def value(name: str, metric: str, changes: Sequence[str], seed: int) -> float:
    """The number of iterations."""
    assert metric == "iterations"
    found = script().minimise(name, [*changes, f"random_seed={seed}"], MOST)
    return float(found.iterations if found.reached else MOST)
