from __future__ import annotations

import pytest

from layerzoo.pycaffe.callbacks import LayerCallback, SolverCallback
from layerzoo.pycaffe.parallel import NCCL
from layerzoo.pycaffe.solver import Solver


def test_callbacks_are_recognised_by_their_methods() -> None:
    assert issubclass(NCCL, SolverCallback)
    assert issubclass(NCCL, LayerCallback)
    assert not isinstance(print, SolverCallback | LayerCallback)


def test_callbacks_of_a_users_class_are_called_like_nccl(solver_file: str) -> None:
    class Both:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def on_start(self) -> None:
            self.seen.append("start")

        def on_gradients_ready(self) -> None:
            self.seen.append("ready")

        def run(self, layer: int) -> None:
            self.seen.append(f"layer {layer}")

    solver, both = Solver(solver_file), Both()
    solver.add_callback(both)
    solver.net.after_backward(both)
    solver.step(1)
    assert both.seen == ["start", "layer 3", "layer 2", "layer 1", "layer 0", "ready"]
    with pytest.raises(TypeError, match="add_callback"):
        solver.add_callback(lambda: None)
