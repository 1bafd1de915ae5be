"""Count the iterations of each type of solver over all data, on a quadratic and on Rosenbrock's function.

python benchmarks/minimisers.py [-most 3000] [-set FIELD=VALUE …] [-json FILE]

Both functions are nets (configs/courses): their params are the unknowns, their loss is the value. An
iteration is one update; evaluations are passes over all data; products are those of second derivatives and a
vector, each of about two passes. A run ends where each unknown is within 1e-6 of the minimum (quadratic:
1e-5), or where the solver finds no lower value: the precision of the params is used up.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from layerzoo.engine.curvature import NetCurvature
from layerzoo.loader import load_solver
from layerzoo.solver import Solver

FOLDER = Path(__file__).parent.parent / "configs" / "courses"
MINIMA = {
    "quadratic": ([float(knot) for knot in range(1, 11)], 1e-5),
    "rosenbrock": ([1.0, 1.0], 1e-6),
}
"""By problem: the minimum, and how near to it each unknown has to be."""
EXACT = "line_search_param.method=EXACT"
CG = "newton_cg_param.tolerance=0.001"
SETTINGS: dict[str, list[str]] = {
    "Newton": ["type=Newton"],
    "Newton, exact line search": ["type=Newton", EXACT],
    "NewtonCG": ["type=NewtonCG", CG],
    "NewtonCG, line search": ["type=NewtonCG", "newton_cg_param.method=LINE_SEARCH", CG],
    "GaussNewton": ["type=GaussNewton"],
    "BFGS": ["type=BFGS"],
    "BFGS, exact line search": ["type=BFGS", EXACT],
    "LBFGS": ["type=LBFGS"],
    "LBFGS, exact line search": ["type=LBFGS", EXACT],
    "NonlinearCG": ["type=NonlinearCG"],
    "NonlinearCG, exact line search": ["type=NonlinearCG", EXACT],
    "GradientDescent": ["type=GradientDescent"],
    "GradientDescent, exact line search": ["type=GradientDescent", EXACT],
    "SimulatedAnnealing": [
        "type=SimulatedAnnealing",
        "annealing_param.temperature=1",
        "annealing_param.cooling=0.998",
        "annealing_param.narrowing=0.9995",
    ],
}
"""Fields of the solver by the name of a row."""


class Result(NamedTuple):
    """What a run took.

    Attributes:
        iterations: updates until the minimum; of a run that didn't reach it, all of them.
        evaluations: of loss and gradient.
        products: of second derivatives with vectors, and rows of matrices.
        distance: the largest distance of an unknown from the minimum at the end.
        reached: it reached the minimum.
    """

    iterations: int
    evaluations: int
    products: int
    distance: float
    reached: bool


def minimise(problem: str, fields: Sequence[str], most: int = 3000) -> Result:
    """Minimise a problem by its solver with other fields."""
    minimum, near = MINIMA[problem]
    solver = Solver(load_solver(FOLDER / f"{problem}_solver.yaml", fields), device="cpu")
    counts = {"evaluations": 0, "products": 0}
    _count(solver, counts)
    expected = torch.tensor(minimum, dtype=torch.float64)

    def distance() -> float:
        at = torch.cat([param.detach().flatten().double() for param in solver.net.learnable])
        return float((at - expected).abs().max())

    rule = solver.run.rule
    while distance() > near and solver.iteration < most and not getattr(rule, "stuck", False):
        solver.step(1)
    return Result(solver.iteration, counts["evaluations"], counts["products"], distance(), distance() <= near)


def _count(solver: Solver, counts: dict[str, int]) -> None:
    """Count what the engine of a solver computes."""
    engine = solver.engine
    gradients = engine.gradients

    def counted(iteration: int) -> torch.Tensor:
        counts["evaluations"] += 1
        return gradients(iteration)

    engine.gradients = counted  # type: ignore[method-assign]
    objective = engine._objective

    def with_products() -> object:
        made = objective()
        curvature, loss = made.curvature, made.loss

        def counted_curvature(params: Sequence[torch.Tensor], matrix: str) -> NetCurvature:
            found = curvature(params, matrix)  # type: ignore[arg-type]
            product, whole = found.product, found.matrix

            def one(vector: Sequence[torch.Tensor]) -> list[torch.Tensor]:
                counts["products"] += 1
                return product(vector)

            def rows() -> torch.Tensor:
                counts["products"] += sum(param.numel() for param in params)
                return whole()

            found.product, found.matrix = one, rows  # type: ignore[method-assign]
            return found

        def counted_loss() -> float:
            counts["evaluations"] += 1
            return loss()

        made.curvature, made.loss = counted_curvature, counted_loss  # type: ignore[method-assign]
        return made

    engine._objective = with_products  # type: ignore[method-assign,assignment]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-most", type=int, default=3000)
    parser.add_argument("-set", action="append", default=[], dest="fields")
    parser.add_argument("-json")
    arguments = parser.parse_args()
    rows: dict[str, dict[str, dict[str, object]]] = {problem: {} for problem in MINIMA}
    heads = [f"{problem}: {what}" for problem in MINIMA for what in ("iterations", "evaluations", "products")]
    print(f"| type | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}")
    for name, fields in SETTINGS.items():
        cells = []
        for problem in MINIMA:
            found = minimise(problem, [*fields, *arguments.fields], arguments.most)
            rows[problem][name] = found._asdict()
            said = str(found.iterations) if found.reached else f"{found.iterations} (at {found.distance:.0e})"
            cells += [said, str(found.evaluations), str(found.products)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if arguments.json:
        command = " ".join(
            ["python benchmarks/minimisers.py", *(f"-set {field}" for field in arguments.fields)]
        )
        text = json.dumps({"command": command, "torch": torch.__version__, "problems": rows}, indent=2)
        Path(arguments.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
