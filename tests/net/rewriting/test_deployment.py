"""The plan of a pass at deployment gives the numbers of the plain one, for the params as they are now."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.layer import compute_in
from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan, free_folded_params, release_folded, trust_versions
from layerzoo.net.feed import whole_inputs
from layerzoo.net.rewriting import folding
from layerzoo.net.rewriting.folding import FoldedConvolution
from tests.conformance import CAFFES, Recording, differences
from tests.gpu import full_precision, on_a_gpu

RESIDUAL = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 8 dim: 6 dim: 5 } } }
layer { name: "c0" type: "Convolution" bottom: "x" top: "c0" convolution_param { num_output: 8 kernel_size: 3
  pad: 1 weight_filler { type: "msra" } } }
layer { name: "r0" type: "ReLU" bottom: "c0" top: "c0" }
layer { name: "m" type: "Convolution" bottom: "c0" top: "m" convolution_param { num_output: 8 kernel_size: 1
  weight_filler { type: "msra" } } }
layer { name: "c1" type: "Convolution" bottom: "m" top: "c1" convolution_param { num_output: 8 kernel_size: 3
  pad: 1 bias_term: false weight_filler { type: "msra" } } }
layer { name: "b1" type: "BatchNorm" bottom: "c1" top: "c1" }
layer { name: "s1" type: "Scale" bottom: "c1" top: "c1" scale_param { bias_term: true } }
layer { name: "sum" type: "Eltwise" bottom: "c0" bottom: "c1" top: "sum" }
layer { name: "r1" type: "ReLU" bottom: "sum" top: "sum" }
layer { name: "g" type: "Convolution" bottom: "sum" top: "g" convolution_param { num_output: 8 kernel_size: 3
  group: 4 stride: 2 weight_filler { type: "msra" } } }
layer { name: "b2" type: "BatchNorm" bottom: "g" top: "g" }
layer { name: "i" type: "InnerProduct" bottom: "g" top: "i" inner_product_param { num_output: 3
  weight_filler { type: "xavier" } } }
"""

SIDES = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 4 dim: 6 dim: 5 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 8 kernel_size: 3
  pad_begin: [2, 1] pad_end: [0, 1] bias_term: false weight_filler { type: "msra" } } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" batch_norm_param { scale_bias: true } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "d" type: "Convolution" bottom: "c" top: "d" convolution_param { num_output: 8 kernel_size: 1
  pad_begin: [1, 0] stride: 1 weight_filler { type: "msra" } } }
layer { name: "e" type: "ConvolutionDepthwise" bottom: "d" top: "e" convolution_param { num_output: 8
  kernel_size: [2, 3] causal: true dilation: 1 pad: [0, 1] stride: 2 weight_filler { type: "msra" } } }
layer { name: "f" type: "ReLU" bottom: "e" top: "e" }
layer { name: "g" type: "Pooling" bottom: "c" top: "g" pooling_param { pool: AVE global_pooling: true } }
layer { name: "h" type: "Convolution" bottom: "g" top: "h" convolution_param { num_output: 8 kernel_size: 1
  weight_filler { type: "msra" } } }
layer { name: "sum" type: "Eltwise" bottom: "e" bottom: "h" top: "sum" eltwise_param { broadcast: true } }
layer { name: "s" type: "ReLU" bottom: "sum" top: "sum" }
"""


def residual() -> Net:
    net = Net(parse_net(RESIDUAL).message)
    torch.manual_seed(3)
    for name in ("b1", "b2"):
        layer = net.layer(name)
        layer.mean.data.normal_()
        layer.variance.data.uniform_(0.5, 2)
        layer.scale_factor.data.fill_(1.5)
    net.layer("s1").weight.data.normal_()
    net.layer("s1").bias.data.normal_()
    return net


def plain_outputs(net: Net, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    with torch.no_grad():
        values = net.run(
            net.fetch() | whole_inputs(net.graph, (), inputs), Plan(net.graph, net.ordered_layers())
        )
    found = {blob.name: values[blob.index] for blob in net.graph.last.values()}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("name", CAFFES)
def test_deployment_gives_the_numbers_of_the_plain_plan(name: str) -> None:
    assert_deployed_as_plain(Recording(name))


@on_a_gpu
@pytest.mark.parametrize("name", CAFFES)
def test_deployment_gives_the_numbers_of_the_plain_plan_on_a_gpu(name: str) -> None:
    with full_precision():
        assert_deployed_as_plain(Recording(name), "cuda")


def assert_deployed_as_plain(case: Recording, device: str = "cpu") -> None:
    net = Net(case.net, phase=case.phase, device=device).eval()
    for layer, index, value in case.params("param"):
        net.params[layer][index].data.copy_(value)
    inputs = {key: blob.to(device) for key, blob in case.all("in").items()}
    wanted = {key: blob.cpu() for key, blob in plain_outputs(net, inputs).items()}
    with torch.inference_mode():
        found = net(**inputs)
        assert differences(found, {key: wanted[key] for key in found}) == []
        assert differences(dict(net.blobs), wanted) == []
        again = net(**inputs)
    if not list(net.buffers()):
        assert differences(again, {key: wanted[key] for key in again}) == []


def test_deployment_keeps_pads_of_sides_and_sums_that_broadcast() -> None:
    net = Net(parse_net(SIDES).message)
    net.layer("b").mean.data.normal_()
    net.layer("b").variance.data.uniform_(0.5, 2)
    x = torch.randn(2, 4, 6, 5)
    wanted = plain_outputs(net, {"x": x})
    with torch.no_grad():
        found = net(x)
    assert differences(found, {"sum": wanted["sum"]}) == []
    assert [step.layer.name for step in net._light.faster.steps] == ["c", "d", "e", "g", "h", "sum", "s"]


def test_deployment_folds_maps_sums_and_activations() -> None:
    net = residual()
    x = torch.randn(2, 8, 6, 5)
    wanted = plain_outputs(net, {"x": x})
    with torch.no_grad():
        found = net(x)
    assert differences(found, {"i": wanted["i"]}) == []
    steps = net._light.faster.steps
    assert [step.layer.name for step in steps] == ["c0", "m", "c1", "g", "i"]
    summed = steps[2].call
    assert isinstance(summed, FoldedConvolution)
    assert summed.overwrites, "nothing else needs c0 any more"
    assert x.is_contiguous()


@pytest.mark.parametrize("change", ["copy", "data", "numpy", "statistics", "permuted", "replaced"])
@pytest.mark.parametrize("copied", [False, True])
def test_deployment_follows_changes_of_params(change: str, copied: bool) -> None:
    net = residual()
    if copied:
        with torch.no_grad():
            net(torch.randn(2, 8, 6, 5))
        net = copy.deepcopy(net)
    x = torch.randn(2, 8, 6, 5)
    with torch.no_grad():
        before = net(x)["i"]
        weight = net.layer("c1").weight
        if change == "copy":
            weight.copy_(torch.randn(weight.shape))
        elif change == "data":
            weight.data[3, 2, 1, 1] += 0.5
        elif change == "numpy":
            weight.detach().numpy()[3, 2, 1, 1] += 0.5
        elif change == "replaced":
            net.layer("c1").weight = torch.nn.Parameter(torch.randn(weight.shape))
        elif change == "statistics":
            net.layer("b2").mean.data[3] += 0.25
        else:
            weight.data.copy_(weight.data.flip(1))
        after = net(x)["i"]
    wanted = plain_outputs(net, {"x": x})
    assert not torch.allclose(before, after)
    assert differences({"i": after}, {"i": wanted["i"]}) == []


def test_deployment_takes_bottoms_of_another_size() -> None:
    net = residual()
    for batch in (2, 1, 5):
        x = torch.randn(batch, 8, 6, 5)
        with torch.no_grad():
            found = net(x)
        assert differences(found, {"i": plain_outputs(net, {"x": x})["i"]}) == []


def test_release_folded_frees_the_copies_until_the_next_pass() -> None:
    net = residual()
    x = torch.randn(2, 8, 6, 5)
    feed = net.fetch() | whole_inputs(net.graph, (x,), {})
    with torch.no_grad():
        before = net.run(feed, net.outputs_only)
        sizes = [each.nbytes for each in net.outputs_only.faster.folded]
        assert min(sizes) > 0
        release_folded(net)
        assert [each.nbytes for each in net.outputs_only.faster.folded] == [0] * len(sizes)
        after = net.run(feed, net.outputs_only)
    end = net.graph.outputs[0].index
    assert torch.equal(before[end], after[end])


def test_trust_versions_sees_changes_by_torch() -> None:
    net = residual()
    trust_versions(net)
    x = torch.randn(2, 8, 6, 5)
    with torch.no_grad():
        before = net(x)["i"]
        net.layer("c1").weight.mul_(2)
        after = net(x)["i"]
    assert not torch.allclose(before, after)
    assert differences({"i": after}, {"i": plain_outputs(net, {"x": x})["i"]}) == []


SHARED = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 8 dim: 6 dim: 5 } } }
layer { name: "a" type: "Convolution" bottom: "x" top: "a" param { name: "w" } param { name: "b" }
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "b" type: "Convolution" bottom: "a" top: "b" param { name: "w" } param { name: "b" }
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "c" type: "Convolution" bottom: "b" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } } }
"""


def counts(net: Net) -> dict[str, int]:
    """The number of elements of the filters of each convolution that the net holds."""
    return {layer.name: layer.weight.numel() for layer in net.ordered_layers() if layer.filters() is not None}


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_free_folded_params_holds_each_weight_once(mode: type[torch.no_grad]) -> None:
    net, x = residual(), torch.randn(5, 8, 6, 5)
    wanted = plain_outputs(net, {"x": x})["i"]
    other = copy.deepcopy(net)
    free_folded_params(net)
    with mode():
        for batch in (2, 1, 5, 2):
            found = net(x[:batch])["i"]
            assert torch.equal(found, other(x[:batch])["i"]), "filters are unpacked without a loss"
            assert torch.allclose(found, wanted[:batch], atol=1e-4)
            assert counts(net) == {"c0": 0, "m": 0, "c1": 0, "g": 0}


def test_free_folded_params_serves_plans_of_outputs() -> None:
    net, x = residual(), torch.randn(2, 8, 6, 5)
    wanted = plain_outputs(net, {"x": x})["i"]
    free_folded_params(net)
    feed = net.fetch() | whole_inputs(net.graph, (x,), {})
    with torch.no_grad():
        for _ in range(3):
            found = net.run(feed, net.outputs_only)[net.graph.outputs[0].index]
            assert found is not None
            assert torch.allclose(found, wanted, atol=1e-4)
            release_folded(net)
    assert sum(counts(net).values()) == 0


def test_free_folded_params_keeps_params_that_layers_share() -> None:
    net, x = Net(parse_net(SHARED).message), torch.randn(2, 8, 6, 5)
    wanted = plain_outputs(net, {"x": x})["c"]
    free_folded_params(net)
    with torch.no_grad():
        for _ in range(2):
            assert torch.allclose(net(x)["c"], wanted, atol=1e-4)
    assert counts(net) == {"a": 8 * 8 * 9, "b": 8 * 8 * 9, "c": 0}


def test_free_folded_params_keeps_params_whose_memory_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "has_onednn", lambda: False)
    net, x = Net(parse_net("engine_param { layout: NCHW }" + RESIDUAL).message), torch.randn(2, 8, 6, 5)
    net.layer("b1").variance.data.fill_(2)
    net.layer("b1").scale_factor.data.fill_(1)
    wanted = plain_outputs(net, {"x": x})["i"]
    free_folded_params(net)
    with torch.no_grad():
        for batch in (2, 1, 2):
            assert torch.allclose(net(x[:batch])["i"], wanted[:batch], atol=1e-4)
    assert counts(net) == {"c0": 8 * 8 * 9, "m": 64, "c1": 0, "g": 0}, "maps make a copy of filters"


def test_free_folded_params_refuses_other_passes() -> None:
    net, x = residual(), torch.randn(2, 8, 6, 5)
    free_folded_params(net)
    with torch.no_grad():
        net(x)
    with pytest.raises(UsageError, match="holds its weights only packed"):
        net(x)
    with torch.no_grad():
        with pytest.raises(UsageError, match="holds its weights only packed"):
            net.run(net.fetch() | whole_inputs(net.graph, (x,), {}), net.outputs_only)
        with pytest.raises(UsageError, match="holds its weights only packed"):
            copy.deepcopy(net)(x)
        hook = net.layer("c1").register_forward_hook(lambda layer, given, made: None)
        with pytest.raises(UsageError, match="holds its weights only packed"):
            net(x)
        hook.remove()
        assert net(x)["i"].shape == (2, 3)


def test_deployment_takes_params_of_another_type_and_back() -> None:
    net = residual()
    trust_versions(net)
    x = torch.randn(2, 8, 6, 5)
    wanted = plain_outputs(net, {"x": x})["i"]
    with torch.no_grad():
        assert net.outputs_only.ready() is net.outputs_only.faster
        net.double()
        assert net.outputs_only.ready() is net.outputs_only
        assert torch.allclose(net(x.double())["i"].float(), wanted, atol=1e-5)
        net.float()
        assert net.outputs_only.ready() is net.outputs_only.faster
        assert torch.allclose(net(x)["i"], wanted, atol=1e-5)


@pytest.mark.parametrize("copied", [False, True])
def test_deployment_follows_modes_and_hooks_of_layers(copied: bool) -> None:
    net = residual()
    with torch.no_grad():
        net.outputs_only.ready()
        if copied:
            net = copy.deepcopy(net)
        plan = net.outputs_only
        fast = plan.ready()
        assert plan.ready() is fast
        net.layer("b2").train()
        assert plan.ready() is plan
        net.layer("b2").eval()
        assert plan.ready() is fast
        hook = net.layer("c1").register_forward_pre_hook(lambda layer, given: None)
        names = [step.layer.name for step in plan.ready().steps]
        assert "b1" in names, "a convolution with a hook has nothing folded into it"
        hook.remove()
        assert [step.layer.name for step in plan.ready().steps] == [step.layer.name for step in fast.steps]


def test_hooks_of_layers_in_bf16_are_called_after_a_first_pass() -> None:
    net = residual().eval()
    for layer in net.ordered_layers():
        compute_in(layer, torch.bfloat16)
    x, seen = torch.randn(2, 8, 6, 5), []
    with torch.inference_mode():
        net(x=x)
        for name in ("r0", "b1", "r1"):
            net.layer(name).register_forward_hook(lambda layer, *_: seen.append(layer.name))
        net(x=x)
    assert seen == ["r0", "b1", "r1"]


def test_deployment_leaves_passes_with_gradients_and_hooks_alone() -> None:
    net = residual()
    x = torch.randn(2, 8, 6, 5, requires_grad=True)
    net(x)["i"].sum().backward()
    assert x.grad is not None
    seen: list[tuple[int, ...]] = []
    with torch.no_grad():
        net(x)
        net.layer("c1").register_forward_hook(lambda layer, given, made: seen.append(tuple(made.shape)))
        net(x)
    assert seen == [(2, 8, 6, 5)]
