"""Random numbers of layers: the same in every way to run a pass, and in any number of processes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad

from layerzoo.layer import Clock
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net

NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 4 dim: 4 } } }
layer { name: "pool" type: "Pooling" bottom: "x" top: "pool"
        pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 } }
layer { name: "spp" type: "SPP" bottom: "x" top: "spp" spp_param { pool: STOCHASTIC pyramid_height: 2 } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "drop" }
layer { name: "class" type: "InnerProduct" bottom: "spp" top: "ip" loss_weight: 1
        inner_product_param { num_output: 1 weight_filler { type: "gaussian" } } }
layer { name: "again" type: "Dropout" bottom: "x" top: "again" }
layer { name: "noise" type: "Sample" bottom: "x" top: "noise" }
layer { name: "choice" type: "Sample" bottom: "x" top: "choice"
        sample_param { distribution: CATEGORICAL output: INDEX } }
"""
X = torch.rand(4, 2, 4, 4, generator=torch.Generator().manual_seed(1)) + 0.1
DRAWN = ("pool", "drop", "again", "ip", "noise", "choice")


def net(rank: int = 0, ranks: int = 1, seed: int = 3) -> Net:
    n = Net(parse_net(NET), phase="TRAIN", seed=seed)
    n.clock.rank, n.clock.ranks = rank, ranks
    return n


def passed(n: Net, x: Tensor = X, batch: int = 0) -> dict[str, Tensor]:
    """The outputs of pass ``batch``."""
    feed = n.fetch(batch) | {0: x}
    values = n.run(feed, n.outputs_only)
    return {blob.name: values[blob.index].detach() for blob in n.graph.outputs}  # type: ignore[union-attr]


@pytest.mark.parametrize("ranks", [2, 4])
def test_masks_of_several_processes_are_those_of_one_with_the_whole_batch(ranks: int) -> None:
    whole = passed(net(), batch=7)
    for rank in range(ranks):
        part = passed(net(rank, ranks), X[rank::ranks], 7)
        for name in DRAWN:
            assert torch.allclose(part[name], whole[name][rank::ranks], atol=1e-6), name


def test_masks_differ_by_layer_pass_and_seed() -> None:
    n = net()
    first, second, other = passed(n, batch=0), passed(n, batch=1), passed(net(seed=4))
    assert not torch.equal(first["drop"], first["again"])
    for name in ("pool", "drop", "again", "noise", "choice"):
        assert not torch.equal(first[name], second[name])
        assert not torch.equal(first[name], other[name])


def test_masks_of_a_kept_feed_are_the_same_again() -> None:
    n = net()
    feed = n.fetch(5) | {0: X}
    values = n.run(feed, n.outputs_only)
    passed(n, batch=8)
    for one, other in zip(values, n.run(feed, n.outputs_only), strict=True):
        assert (one is None and other is None) or torch.equal(one, other)  # type: ignore[arg-type]
    assert n.clock.number is None, "outside of a pass the clock's batch counts"


def test_masks_of_a_layer_alone_go_by_the_clock() -> None:
    n = net()
    in_net = passed(n, batch=6)["drop"]
    n.clock.batch = 6
    assert torch.equal(n.layer("drop")(X), in_net)


def test_masks_of_a_feed_without_a_number_go_by_the_clock() -> None:
    n = net()
    n.clock.batch = 6
    values = n.run(Feed({0: X}), n.outputs_only)
    assert torch.equal(values[n.graph.last["drop"].index], passed(net(), batch=6)["drop"])  # type: ignore[arg-type]


def outputs(made: Sequence[dict[str, Tensor]]) -> list[Tensor]:
    return [tensor for outs in made for tensor in outs.values()]


def test_compiled_passes_are_one_graph_each_with_the_masks_of_eager_ones() -> None:
    torch._dynamo.reset()
    eager, compiled = net(), torch.compile(net(), fullgraph=True, backend="eager")
    expected = outputs([eager(x=X) for _ in range(3)])
    found = outputs([compiled(x=X) for _ in range(3)])
    assert all(map(torch.equal, found, expected))
    torch._dynamo.reset()


def test_exported_passes_have_the_masks_of_eager_ones() -> None:
    eager, n = net(), net()
    program = torch.export.export(n, (X,)).module()
    expected = outputs([eager(x=X) for _ in range(3)])
    found = outputs([program(X) for _ in range(3)])
    assert all(map(torch.equal, found, expected))
    assert n.clock.number is None


def test_gradients_of_functional_calls_have_the_masks_of_eager_passes() -> None:
    n, eager = net(), net()
    params = dict(n.named_parameters())
    for _ in range(2):
        found = grad(lambda p: functional_call(n, p, (X,))["ip"].sum())(params)
        eager.zero_grad()
        eager(x=X)
        eager.loss().backward()
        (weight, bias) = eager.learnable
        assert torch.equal(found["layers.class_4.weight"], weight.grad)  # type: ignore[arg-type]
        assert torch.equal(found["layers.class_4.bias"], bias.grad)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_masks_are_the_same_in_every_dtype(dtype: torch.dtype) -> None:
    expected = passed(net())["drop"] != 0
    assert torch.equal(passed(net().to(dtype), X.to(dtype))["drop"] != 0, expected)


def test_compiled_net_with_data_layers_advances_batch_by_batch() -> None:
    text = """
    layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 }
      data_filler { type: "gaussian" } } }
    layer { name: "drop" type: "Dropout" bottom: "x" top: "y" }"""
    torch._dynamo.reset()
    eager, source = Net(parse_net(text), phase="TRAIN"), Net(parse_net(text), phase="TRAIN")
    compiled = torch.compile(source, backend="eager")
    for _ in range(3):
        assert torch.equal(compiled()["y"], eager()["y"])
    assert source.clock.batch == 3
    torch._dynamo.reset()


def test_path_has_the_number_of_each_run_after_the_layer_that_runs() -> None:
    clock = Clock()
    assert clock.path("decoder/gru") == "decoder/gru"
    clock.running = (("outer", 2), ("outer/decoder", 11))
    assert clock.path("outer/decoder/gru") == "outer/2/decoder/11/gru"


@pytest.mark.parametrize("axis", [2, 3])
def test_masks_behind_steps_are_those_of_the_sample(axis: int) -> None:
    """A mask goes by sample, step and channel, in any number of processes and any batch."""
    text = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: %d dim: %d dim: 6 } } }\n'
    text += (
        f'layer {{ name: "drop" type: "Dropout" bottom: "x" top: "y" dropout_param {{ axis: {axis % 3} }} }}'
    )
    text = text if axis % 3 else text.replace("dropout_param { axis: 0 }", "")

    def mask(samples: int, rank: int, ranks: int) -> Tensor:
        n = Net(parse_net(text % (5, samples)), phase="TRAIN", seed=3)
        n.clock.rank, n.clock.ranks, n.clock.steps_first = rank, ranks, frozenset({"drop"})
        return passed(n, torch.ones(5, samples, 6), 7)["y"]

    whole = mask(4, 0, 1)
    assert 0 < whole.count_nonzero() < whole.numel()
    for rank in range(2):
        assert torch.equal(mask(2, rank, 2), whole[:, rank::2])
    assert torch.equal(mask(3, 0, 1), whole[:, :3]), "a function of the sample, not of the batch"


def test_mask_of_whole_steps_is_that_of_all_samples() -> None:
    text = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 8 dim: 2 dim: 3 } } }\n'
    text += 'layer { name: "drop" type: "Dropout" bottom: "x" top: "y" dropout_param { axis: 1 } }'
    found = []
    for rank in range(2):
        n = Net(parse_net(text), phase="TRAIN", seed=3)
        n.clock.rank, n.clock.ranks, n.clock.steps_first = rank, 2, frozenset({"drop"})
        found.append(passed(n, torch.ones(8, 2, 3))["y"])
    assert torch.equal(*found)
    assert 0 < found[0].count_nonzero() < found[0].numel()
