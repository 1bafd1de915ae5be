"""Nets that are functions to minimise, by each type of solver over all data, in single precision."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from layerzoo.loader import load_net, load_solver
from layerzoo.optimizer import RULES
from layerzoo.solver import Solver
from tests.shipped import FOLDER

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "minimisers.py"
QUADRATIC = {
    # ten unknowns: at most eleven steps of methods that are conjugate with exact searches
    "Newton": 1,
    "Newton, exact line search": 1,
    "NewtonCG": 5,
    "NewtonCG, line search": 1,
    "GaussNewton": 3,
    "BFGS": 45,
    "BFGS, exact line search": 11,
    "LBFGS": 30,
    "LBFGS, exact line search": 11,
    "NonlinearCG": 30,
    "NonlinearCG, exact line search": 11,
}
ROSENBROCK = {
    "Newton": 22,
    "Newton, exact line search": 14,
    "NewtonCG": 23,
    "NewtonCG, line search": 23,
    "GaussNewton": 16,
    "BFGS": 42,
    "BFGS, exact line search": 24,
    "LBFGS": 42,
    "LBFGS, exact line search": 24,
    "NonlinearCG": 40,
    "NonlinearCG, exact line search": 24,
}
"""By row of the benchmark: the most iterations."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The benchmark as a module."""
    spec = spec_from_file_location("minimisers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_configs_are_the_functions() -> None:
    files = sorted(path.name for path in (FOLDER / "minimise").iterdir())
    assert files == ["quadratic.yaml", "quadratic_solver.yaml", "rosenbrock.yaml", "rosenbrock_solver.yaml"]
    for name in files:
        text = (FOLDER / "minimise" / name).read_text(encoding="utf-8")
        stem = name.removesuffix(".yaml").removesuffix("_solver")
        assert f"#   layerzoo train -solver configs/minimise/{stem}_solver.yaml\n" in text
        document = (load_solver if "solver" in name else load_net)(FOLDER / "minimise" / name)
        assert document.message.ByteSize() > 50


@pytest.mark.parametrize(
    ("problem", "value"),
    [
        ("rosenbrock", 100 * (1 - 1.2**2) ** 2 + 2.2**2),
        # lengths less 1: 8, -13, 6, -4, -2, 6, -13, 6, 5, -10, 11
        ("quadratic", (64 + 169 + 36 + 16 + 4 + 36 + 169 + 36 + 25 + 100 + 121) / 2),
    ],
)
def test_loss_is_the_functions_value(problem: str, value: float) -> None:
    solver = Solver(load_solver(FOLDER / "minimise" / f"{problem}_solver.yaml"), device="cpu")
    solver.step(1)
    assert float(solver.run.train.losses[-1]) == pytest.approx(value)


@pytest.mark.parametrize("name", QUADRATIC)
def test_quadratic_takes_no_more_iterations(script: ModuleType, name: str) -> None:
    found = script.minimise("quadratic", name, most=QUADRATIC[name])
    assert found.reached, found


@pytest.mark.parametrize("name", ROSENBROCK)
def test_rosenbrock_takes_no_more_iterations(script: ModuleType, name: str) -> None:
    found = script.minimise("rosenbrock", name, most=ROSENBROCK[name])
    assert found.reached, found


def test_rows_are_of_all_types_over_all_data(script: ModuleType) -> None:
    assert {row.split(",")[0] for row in script.SETTINGS} == {n for n in RULES if RULES[n].full_batch}
