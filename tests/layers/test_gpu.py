"""Every registered layer type on a GPU: values and gradients of the CPU, and passes that a graph records."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.contract.example import Example, run
from layerzoo.functional.transforms import values_hidden
from layerzoo.layer import LAYERS, Layer
from tests.gpu import full_precision, on_a_gpu
from tests.layers.examples import each_types_examples

RTOL, ATOL = 1e-3, 1e-4
"""Sums in another order, and convolutions by other algorithms."""


def _placed(example: Example, device: str) -> tuple[Layer, list[Tensor]]:
    layer = example.layer().to(device)
    layer.clock.seed, layer.clock.batch = 3, 5
    whole = [
        not bottom.dtype.is_floating_point or torch.equal(bottom, bottom.round())
        for bottom in example.bottoms
    ]
    return layer, [
        bottom.to(device).clone().requires_grad_(not fixed)
        for bottom, fixed in zip(example.bottoms, whole, strict=True)
    ]


def _pass(example: Example, device: str) -> tuple[list[Tensor], list[Tensor]]:
    """The tops of a pass, and the gradients of a weighted sum of them, on the CPU."""
    layer, bottoms = _placed(example, device)
    tops = run(layer, bottoms)
    reached = [top for top in tops if top.requires_grad]
    leaves = [leaf for leaf in (*bottoms, *layer.blobs) if leaf.requires_grad]
    gradients: tuple[Tensor | None, ...] = ()
    if reached:
        ramps = [torch.linspace(0.5, 1.5, top.numel(), device=device).reshape(top.shape) for top in reached]
        loss = sum((top * ramp.to(top.dtype)).sum() for top, ramp in zip(reached, ramps, strict=True))
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True)  # type: ignore[arg-type]  # a tensor
    return [top.detach().cpu() for top in tops], [g.detach().cpu() for g in gradients if g is not None]


@on_a_gpu
@each_types_examples
def test_values_and_gradients_are_those_of_the_cpu(examples: list[Example]) -> None:
    for example in examples:
        kind = LAYERS[example.param.type]
        if kind.is_data or kind.is_input:
            continue
        with full_precision():
            expected, found = (_pass(example, device) for device in ("cpu", "cuda"))
        for one, other in zip(expected[0], found[0], strict=True):
            torch.testing.assert_close(other, one, rtol=RTOL, atol=ATOL, equal_nan=True, msg=example.source)
        assert len(expected[1]) == len(found[1])
        for one, other in zip(expected[1], found[1], strict=True):
            scale = float(one.detach().abs().nan_to_num(posinf=0).max()) if one.numel() else 1.0
            torch.testing.assert_close(
                other, one, rtol=RTOL, atol=ATOL * max(1.0, scale), equal_nan=True, msg=example.source
            )


def _step(layer: Layer, bottoms: list[Tensor], differentiates: bool) -> list[Tensor]:
    """The tops of a pass, and with ``differentiates`` the gradients of their sum."""
    tops = list(run(layer, bottoms))
    reached = [top for top in tops if top.requires_grad]
    if not (differentiates and reached):
        return tops
    leaves = [leaf for leaf in (*bottoms, *layer.blobs) if leaf.requires_grad]
    loss = torch.stack([top.float().sum() for top in reached]).sum()
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    return [*(top.detach() for top in tops), *(gradient for gradient in gradients if gradient is not None)]


@on_a_gpu
@pytest.mark.filterwarnings(
    "ignore:The CUDA Graph is empty"
)  # a layer may only look at memory in another way
@pytest.mark.parametrize("differentiates", [False, True])
@each_types_examples
def test_step_that_a_graph_recorded_gives_the_same(differentiates: bool, examples: list[Example]) -> None:
    example = examples[0]
    kind = LAYERS[example.param.type]
    if kind.is_data or kind.is_input or kind.has_effects or kind.shapes_by_value:
        return
    layer, bottoms = _placed(example, "cuda")
    if layer.on_host or layer.unrecordable is not None:
        return
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    with full_precision(), torch.set_grad_enabled(differentiates), values_hidden():
        # detached, since torch warns of a gradient's node that an earlier pass keeps alive
        expected = [value.detach().clone() for value in _step(layer, bottoms, differentiates)]
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            _step(layer, bottoms, differentiates)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            values = _step(layer, bottoms, differentiates)
        layer.load_state_dict(state)  # statistics are those of the first pass again
        graph.replay()
        torch.cuda.synchronize()
        with torch.no_grad():
            found = [value.clone() for value in values]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=RTOL, atol=ATOL, equal_nan=True, msg=example.source)
