"""What each layer computes in."""

from __future__ import annotations

import copy
import importlib
import logging
from pathlib import Path

import pytest
import torch
from google.protobuf import text_format

from layerzoo.contract.example import Example, nudged, run
from layerzoo.engine.precision.layer_precision import (
    apply_precision,
    has_fp16,
    layer_types,
    precision_faults,
    precision_of,
    precision_warnings,
    switch_tf32,
)
from layerzoo.layer import LAYERS, Layer, compute_in
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import BF16, FP16, FP32, NetParameter, SolverParameter
from tests.layers.examples import TYPES, examples_in, own_test, recorded

NET = """
layer { name: "in" type: "Input" top: "x" top: "t"
        input_param { shape { dim: 4 dim: 1 dim: 8 dim: 8 } shape { dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
layer { name: "relu" type: "ReLU" bottom: "bn" top: "bn" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "bn" top: "ip"
        inner_product_param { num_output: 5 weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "drop" type: "Dropout" bottom: "ip" top: "ip" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
LOW, FULL = torch.bfloat16, torch.float32


def solver(text: str) -> SolverParameter:
    return text_format.Parse(text, SolverParameter())


def net(text: str = NET) -> Net:
    return Net(parse_net(text), phase="TRAIN", seed=1)


def types_of(of: Net) -> dict[str, torch.dtype]:
    """What each layer's first top comes as."""
    seen: dict[str, torch.dtype] = {}

    def note(layer: Layer, _: object, top: torch.Tensor) -> None:
        seen[layer.name] = top.dtype

    hooks = [layer.register_forward_hook(note) for layer in of.ordered_layers()]
    of(x=torch.linspace(-1, 1, 256).reshape(4, 1, 8, 8), t=torch.tensor([0.0, 1, 2, 3]))
    for hook in hooks:
        hook.remove()
    return seen


def test_bf16_is_what_products_and_batch_norms_give_and_losses_stay() -> None:
    n = net()
    apply_precision(n, solver("precision: BF16"))
    assert types_of(n) == {
        "conv": LOW, "bn": LOW, "relu": LOW, "pool": LOW, "ip": LOW, "drop": LOW, "loss": FULL,
    }  # fmt: skip
    n.loss().backward()
    assert {p.dtype for p in n.parameters()} == {FULL}, "master weights"
    assert {p.grad.dtype for p in n.parameters() if p.grad is not None} == {FULL}


def test_the_last_pattern_that_matches_counts() -> None:
    param = solver(
        "precision: BF16 layer_precision { layer: 'ip*' precision: FP16 } layer_precision { layer: 'ip2' }"
    )
    assert [precision_of(param, name) for name in ("conv", "ip1", "ip2")] == [BF16, FP16, FP32]


def test_single_layers_may_differ() -> None:
    n = net()
    apply_precision(n, solver("layer_precision { layer: 'c?nv' layer: 'drop' precision: BF16 }"))
    assert types_of(n) == {
        "conv": LOW, "bn": FULL, "relu": FULL, "pool": FULL, "ip": FULL, "drop": FULL, "loss": FULL,
    }  # fmt: skip


def test_fp16_is_known_by_its_layers() -> None:
    graph = net().graph
    assert has_fp16(graph, solver("precision: FP16"))
    assert has_fp16(graph, solver("layer_precision { layer: 'ip' precision: FP16 }"))
    assert not has_fp16(graph, solver("precision: BF16"))
    assert not has_fp16(graph, solver("layer_precision { layer: 'loss' precision: FP16 }")), "it stays"
    assert layer_types(graph, solver("precision: FP16"))[:2] == [FULL, torch.float16]


def test_fp32_leaves_every_layer_as_it_is() -> None:
    n, untouched = net(), net()
    apply_precision(n, solver("precision: BF16"))
    apply_precision(n, SolverParameter())
    assert not any("forward" in layer.__dict__ for layer in n.ordered_layers())
    assert types_of(n) == types_of(untouched)
    assert torch.equal(n.loss(), untouched.loss())


def test_a_layer_with_a_loss_weight_stays() -> None:
    text = NET.replace('top: "pool"', 'top: "pool" loss_weight: 0.1')
    n = net(text)
    apply_precision(n, solver("precision: BF16"))
    assert types_of(n)["pool"] == FULL


def test_labels_stay_exact() -> None:
    """Eight bits of mantissa end at 256."""
    n = net(
        """layer { name: "in" type: "Input" top: "t" input_param { shape { dim: 4 } } }
        layer { name: "flat" type: "Reshape" bottom: "t" top: "t2"
                reshape_param { shape { dim: 2 dim: 2 } } }
        layer { name: "cut" type: "Slice" bottom: "t2" top: "a" top: "b" slice_param { axis: 1 } }"""
    )
    apply_precision(n, solver("precision: BF16"))
    made = n(t=torch.tensor([257.0, 1001.0, 999.0, 3.0]))
    assert [made[name].flatten().tolist() for name in "ab"] == [[257, 999], [1001, 3]]


def test_a_copy_runs_its_own_params() -> None:
    n = net()
    apply_precision(n, solver("precision: BF16"))
    other = copy.deepcopy(n)
    with torch.no_grad():
        for param in n.parameters():
            param.fill_(float("nan"))
    assert types_of(other)["conv"] == LOW
    assert other.loss().isfinite()


def test_tf32_needs_a_gpu(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "layerzoo"):
        switch_tf32(solver("precision: TF32"), torch.device("cpu"))
    assert "the CPU computes in FP32" in caplog.text
    n = net()
    apply_precision(n, solver("precision: TF32"))
    assert types_of(n)["conv"] == FULL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer_precision { layer: 'pol' precision: BF16 }", "no layer is named 'pol'"),
        ("layer_precision { precision: BF16 }", "names no layer"),
        ("layer_precision { layer: 'ip' precision: TF32 }", "applies to the whole GPU"),
        ("precision: TF32 layer_precision { layer: 'ip' precision: FP32 }", "applies to the whole GPU"),
        ("loss_scale_param { initial: 0 }", "initial is 0; it has to be above 0"),
        ("loss_scale_param { growth: 0.5 }", "growth is 0.5; it has to be 1 or more"),
        ("loss_scale_param { backoff: 1 }", "backoff is 1; it has to be between 0 and 1"),
        ("loss_scale_param { interval: 0 }", "interval is 0; it has to be 1 or more"),
    ],
)
def test_faults(text: str, message: str) -> None:
    (fault,) = precision_faults(solver(text), [net().graph])
    assert message in fault.message
    assert fault.field is not None
    assert fault.field.startswith(("layer_precision", "loss_scale_param."))
    if "pol" in text:
        assert fault.hint == "did you mean 'pool'?"


def test_a_layer_that_stays_is_warned_of_where_it_is_named() -> None:
    said = precision_warnings(
        solver("layer_precision { layer: 'loss' layer: '*' layer: 'ip' precision: BF16 }"), [net().graph]
    )
    assert [warning.message for warning in said] == ["layer 'loss' (SoftmaxWithLoss) stays in FP32"]


def of_type(name: str, folder: Path) -> list[Example]:
    """Examples of a layer type, as the contract has them."""
    path = own_test(LAYERS[name])
    module = importlib.import_module(f"tests.layers.{path.stem}")
    text = getattr(module, "EXAMPLE", None) or (module.example(folder) if hasattr(module, "example") else "")
    parsed = text_format.Parse(text, NetParameter())
    found = [e for e in examples_in(parsed, str(path), module=module) if e.param.type == name]
    return [*recorded().get(name, ()), *found]


def passes(layer: object, bottoms: list[torch.Tensor]) -> list[torch.Tensor]:
    """Tops and gradients of a layer."""
    bottoms = [b.detach().requires_grad_() for b in bottoms]
    tops = run(layer, bottoms)  # type: ignore[arg-type]  # a Layer
    wanted = [top for top in tops if top.requires_grad]
    leaves = [*bottoms, *(b for b in layer.blobs if b.requires_grad)]  # type: ignore[attr-defined]
    seeds = [torch.linspace(0.5, 1.5, t.numel()).reshape(t.shape).to(t.dtype) for t in wanted]
    grads = torch.autograd.grad(wanted, leaves, seeds, allow_unused=True) if wanted else ()
    return [each.detach().float() for each in (*tops, *grads) if each is not None]


@pytest.mark.parametrize("name", [n for n in TYPES if not LAYERS[n].is_data and n != "Input"])
def test_every_layer_runs_in_bf16_and_comes_near(name: str, tmp_path: Path) -> None:
    kind = LAYERS[name]
    dtype = FULL if kind.is_loss or kind.stays_fp32 else LOW
    for example in of_type(name, tmp_path):
        if not example.bottoms:
            continue
        whole = [torch.equal(b, b.round()) for b in example.bottoms]
        rounded = [b if w else nudged(b).to(LOW) for b, w in zip(example.bottoms, whole, strict=True)]
        exact = passes(example.layer(), [b.float() for b in rounded])
        layer = example.layer()
        compute_in(layer, dtype)
        for ours, full in zip(passes(layer, rounded), exact, strict=True):
            assert ours.shape == full.shape
            if full.numel():
                scale = max(1.0, float(full.abs().max()))
                assert float((ours - full).abs().max()) <= 0.03 * scale, example.source


def test_layers_of_a_subnet_that_stay_in_fp32_do_so_inside() -> None:
    text = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "l" type: "Loop" bottom: "x" top: "y" subnet_param { body {
  layer { name: "q" type: "Input" top: "q" }
  layer { name: "ip" type: "InnerProduct" bottom: "q" top: "a" inner_product_param { num_output: 3 } }
  layer { name: "soft" type: "Softmax" bottom: "a" top: "b" } } } }
"""
    net = Net(parse_net(text), phase="TRAIN")
    seen: dict[str, torch.dtype] = {}
    for layer in net.modules():
        if isinstance(layer, Layer) and layer.name.startswith("l/"):
            layer.register_forward_hook(lambda one, _, top: seen.update({one.name: top.dtype}))
    apply_precision(net, SolverParameter(precision=BF16))
    assert LAYERS["Softmax"].stays_fp32
    net(torch.ones(4, 3))
    assert seen == {"l/0/ip": torch.bfloat16, "l/0/soft": torch.float32}
    apply_precision(net, SolverParameter())
    net(torch.ones(4, 3))
    assert set(seen.values()) == {torch.float32}
