from __future__ import annotations

from layerzoo.optimizer.objective import Curvature, Objective


def test_objective_and_curvature_are_interfaces():
    assert {name for name in vars(Objective) if not name.startswith("_")} == {"loss", "curvature"}
    assert {name for name in vars(Curvature) if not name.startswith("_")} == {"product", "matrix"}
