"""The costs of layers; numbers by hand, and the buckets of a net against those of torch's hooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from layerzoo.engine.gradient_sync import TrainingPass, give_gradients
from layerzoo.engine.timing import LayerTime
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.scaling.buckets import bucket_plan
from layerzoo.scaling.costs import estimated_costs, measured_costs, update_time
from layerzoo.schema import TRAIN, NetState

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t"
        dummy_data_param { shape { dim: 10 dim: 50 } shape { dim: 10 dim: 50 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" } param { name: "b1" }
        inner_product_param { num_output: 50 } }
layer { name: "frozen" type: "InnerProduct" bottom: "a" top: "f" param { lr_mult: 0 } param { lr_mult: 0 }
        inner_product_param { num_output: 50 } }
layer { name: "b" type: "InnerProduct" bottom: "f" top: "b" param { name: "w" } param { name: "b2" }
        inner_product_param { num_output: 50 } }
layer { name: "norm" type: "BatchNorm" bottom: "b" top: "n" }
layer { name: "c" type: "InnerProduct" bottom: "n" top: "c" inner_product_param { num_output: 50 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "c" bottom: "t" top: "loss" }
"""


@pytest.fixture
def graph() -> Graph:
    return graph_of(parse_net(NET), NetState(phase=TRAIN))


def test_gradients_are_finished_by_the_first_layer_of_a_shared_param(graph: Graph) -> None:
    """Each product has 2500 weights and 50 biases; frozen params and statistics have no gradients."""
    found = {cost.name: cost.gradients for cost in estimated_costs(graph, 1.0)}
    assert found == {
        "d": (), "a": (200, 10_000), "frozen": (), "b": (200,), "norm": (), "c": (200, 10_000), "loss": (),
    }  # fmt: skip


def test_estimated_costs_are_the_longer_of_operations_and_traffic(graph: Graph) -> None:
    """c: 25,000 multiply-adds, in the backward pass for params and bottom; 500 + 500 + 2550 floats."""
    costs = {cost.name: cost for cost in estimated_costs(graph, 1e6)}
    assert costs["c"][1:3] == (0.05, 0.1)
    assert costs["a"][1:3] == (0.05, 0.05)  # its bottom needs no gradient
    assert costs["loss"][1:3] == (0, 0)
    slow = {cost.name: cost for cost in estimated_costs(graph, 1e6, 1e5)}
    assert slow["c"][1:3] == pytest.approx((0.142, 0.142))
    assert slow["d"][1:3] == (0, 0)


def test_measured_costs_have_the_times(graph: Graph) -> None:
    times = [LayerTime(layer, layer.index + 1.0, 10.0) for layer in graph.layers]
    costs = measured_costs(graph, times)
    assert [cost.forward for cost in costs] == [0, 2, 3, 4, 5, 6, 7]  # batches are read ahead
    assert {cost.backward for cost in costs} == {10}
    assert costs[1].gradients == (200, 10_000)


def test_update_time_is_that_of_memory(graph: Graph) -> None:
    """2500 + 50 + 50 + 2550 floats, five times."""
    assert update_time(graph, 1e6) == pytest.approx(5 * 4 * 5150 / 1e6)
    assert update_time(graph, None) == 0


@pytest.fixture
def group() -> Iterator[None]:
    """A process group of this process alone."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


WIDE = """
layer { name: "d" type: "DummyData" top: "x" top: "t"
        dummy_data_param { shape { dim: 1 dim: 300 } shape { dim: 1 dim: 200 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 3000 } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 2500 } }
layer { name: "c" type: "InnerProduct" bottom: "b" top: "c" inner_product_param { num_output: 200 } }
layer { name: "e" type: "InnerProduct" bottom: "c" top: "e" inner_product_param { num_output: 200 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "e" bottom: "t" top: "loss" }
"""


@pytest.mark.usefixtures("group")
def test_buckets_of_a_net_are_those_that_torch_sends() -> None:
    """Torch plans them anew by the order in which a first pass finishes gradients."""
    net = Net(parse_net(WIDE))
    module = DistributedDataParallel(TrainingPass(net, give_gradients(net)), gradient_as_bucket_view=True)
    for _ in range(3):
        module(net.fetch(0))[0].backward()
    sent = [int(size) for size in module._get_ddp_logging_data()["rebuilt_bucket_sizes"].split(",")]
    costs = estimated_costs(net.graph, 1.0)
    sizes = [size for cost in reversed(costs) for size in cost.gradients]
    assert [sum(sizes[index] for index in bucket) for bucket in bucket_plan(sizes)] == sent
    assert len(sent) == 3
