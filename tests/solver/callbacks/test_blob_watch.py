"""Statistics of watched tensors, with values computed by hand."""

from __future__ import annotations

import logging

import pytest

from layerzoo.errors import UsageError
from layerzoo.loader import parse_solver
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver
from layerzoo.solver.callbacks.blob_watch import BlobWatch

SOLVER = """
base_lr: 0.1 lr_policy: "fixed" max_iter: 5 display: 2 solver_mode: CPU random_seed: 1 %s
net_param {
  layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
    shape { dim: 2 dim: 2 } data_filler { type: "constant" value: 1 } data_filler { type: "constant" } } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "a" param { lr_mult: 1 } param { lr_mult: 0 }
          inner_product_param { num_output: 2 weight_filler { value: 0.5 } bias_filler { value: 0.25 } } }
  layer { name: "act" type: "ReLU" bottom: "a" top: "a" relu_param { negative_slope: 0.5 } }
  layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "t" top: "l" }
}
"""


def solver(more: str = "") -> Solver:
    return Solver(parse_solver(SOLVER % more), device="cpu")


@pytest.mark.parametrize("debug", ["", "debug_info: true"])
def test_watch_logs_the_training_steps_tensors_at_displays(
    caplog: pytest.LogCaptureFixture, debug: str
) -> None:
    s = solver(f'watch: ["a", "a.grad", "ip.weight", "ip.0.grad", "l", "ip.1"] {debug}')
    with caplog.at_level(logging.INFO, "layerzoo"):
        s.step(1)
    said = [line.strip() for line in caplog.messages if "Watch" in line]
    assert said == [
        "Watch a: (2 2) min 1.25, mean 1.25, max 1.25, std 0, 0 non-finite",  # 0.5 + 0.5 + 0.25
        "Watch a.grad: (2 2) min 0.625, mean 0.625, max 0.625, std 0, 0 non-finite",  # 1.25 / 2
        "Watch ip.weight: (2 2) min 0.5, mean 0.5, max 0.5, std 0, 0 non-finite",  # as the step used it
        "Watch ip.0.grad: (2 2) min 1.25, mean 1.25, max 1.25, std 0, 0 non-finite",  # 2 · 0.625
        "Watch l: () min 1.5625, mean 1.5625, max 1.5625, std 0, 0 non-finite",  # 4 · 1.25² / (2 · 2)
        "Watch ip.1: (2) min 0.25, mean 0.25, max 0.25, std 0, 0 non-finite",
    ]
    assert "Watch" in caplog.messages[-1]
    caplog.clear()
    with caplog.at_level(logging.INFO, "layerzoo"):
        s.step(1)
    assert caplog.messages == []  # iteration 1 is not displayed


def test_watch_logs_gradients_before_clipping_and_decay(caplog: pytest.LogCaptureFixture) -> None:
    s = solver("clip_gradients: 0.001 weight_decay: 3 iter_size: 2")
    watch = BlobWatch(s.net, ["ip.weight.grad"], s.run.train, s.param.display)
    s.engine.observers.append(watch)
    s.callbacks.members.append(watch)
    with caplog.at_level(logging.INFO, "layerzoo"):
        s.step(1)
    assert caplog.messages[-1].endswith("(2 2) min 2.5, mean 2.5, max 2.5, std 0, 0 non-finite")  # 2 batches


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("aa", "-watch aa: no blob or param 'aa'; did you mean 'a'?"),
        ("ip.wieght.grad", "no blob or param 'ip.wieght'; did you mean 'ip.weight'?"),
        ("qqq", "no blob or param 'qqq'; blobs: x, t, a, l"),
        ("x.grad", "blob 'x' has no gradient: no learnable param is below it"),
        ("ip.bias.grad", "'ip.bias' has no gradient: its lr_mult is 0"),
    ],
)
def test_watch_refuses_wrong_names(name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        solver(f'watch: "{name}"')
    assert said in str(caught.value)


def test_watch_field_is_a_list_of_names() -> None:
    assert list(SolverParameter(watch=["a", "b"]).watch) == ["a", "b"]
