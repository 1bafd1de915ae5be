"""Strides of gradients."""

from __future__ import annotations

from pathlib import Path

import torch

from layerzoo.engine.gradient_layout import keep_strides, with_strides
from tests.solver.joining import train

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 8 dim: 6 dim: 6 } shape { dim: 4 } data_filler { type: "gaussian" }
  data_filler { type: "constant" value: 1 } } }
layer { name: "a" type: "Convolution" bottom: "x" top: "a"
  convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "b" type: "Convolution" bottom: "a" top: "b"
  convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "c" type: "Convolution" bottom: "b" top: "c"
  convolution_param { num_output: 1 kernel_size: 1 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "g" type: "Convolution" bottom: "x" top: "g"
  convolution_param { num_output: 8 group: 8 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "s" type: "InnerProduct" bottom: "c" top: "s"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "r" type: "InnerProduct" bottom: "g" top: "r"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "e" type: "Eltwise" bottom: "s" bottom: "r" top: "e" }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "e" bottom: "t" top: "l" }
"""
SOLVER = """net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 threads: 1
base_lr: 0.1 lr_policy: "fixed" max_iter: 3 engine_param { layout: %s }
"""


def test_with_strides_changes_axes_of_size_1_only() -> None:
    gradient = torch.arange(6.0).view(2, 3, 1, 1)
    wanted = torch.empty(2, 3, 1, 1).to(memory_format=torch.channels_last).stride()
    assert (gradient.stride(), wanted) == ((3, 1, 1, 1), (3, 1, 3, 3))
    found = with_strides(gradient, wanted)
    assert found.stride() == wanted
    assert found.data_ptr() == gradient.data_ptr()
    assert torch.equal(found, gradient)
    assert with_strides(gradient, (1, 2, 1, 1)) is gradient, "another order in memory"
    assert with_strides(gradient, gradient.stride()) is gradient


def test_gradient_of_a_channels_last_filter_has_its_strides() -> None:
    filters = torch.randn(4, 3, 1, 1).to(memory_format=torch.channels_last).requires_grad_()
    keep_strides([filters])
    x = torch.randn(5, 3)
    (x @ filters.flatten(1).t()).sum().backward()
    assert filters.grad is not None
    assert filters.grad.stride() == filters.stride() == (3, 1, 3, 3)
    torch.testing.assert_close(filters.grad.flatten(1), x.sum(0).expand(4, 3))


def test_two_processes_get_no_warning_of_strides(tmp_path: Path) -> None:
    runs = []
    for layout in ("CHANNELS_LAST", "NCHW"):
        (tmp_path / layout).mkdir()
        (tmp_path / layout / "net.prototxt").write_text(NET)
        (tmp_path / layout / "solver.prototxt").write_text(SOLVER % layout)
        runs.append({"folder": layout, "processes": 2})
    for text in train(tmp_path, runs):
        assert "strides" not in text
        assert "Warning" not in text
