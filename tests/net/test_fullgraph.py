"""Training steps of every shipped config under compilers and graph capture.

A step is `Net.run` on a feed, up to the loss, and its gradient. It is one graph without a break. What a whole
iteration does on the host is tested in `tests/engine/capture/test_shipped.py`. Configs whose data are not
in the repository get inputs of the same shape.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch._dynamo  # a dispatch mode imports it in its first pass, where torch.Generator is patched
from torch import Tensor

from layerzoo.engine.observers.guard import carried_tensors
from layerzoo.loader import load_net
from layerzoo.net import Feed, Net
from layerzoo.schema import TRAIN, NetState
from layerzoo.survey import wire_without_data
from layerzoo.survey.inputs import draw
from tests.host_reads import Watch
from tests.shipped import FOLDER, small

DETECTORS = ("faster_rcnn", "rfcn", "ssd", "yolov3")
NETS = {
    path.stem: path
    for path in sorted(FOLDER.iterdir())
    if not path.stem.startswith(DETECTORS)
    and "solver" not in path.stem
    and path.suffix in {".prototxt", ".yaml"}
}
"""One format of each config. Detectors match boxes with data, which no inputs of the same shape stand for."""
IMAGE = {
    "alexnet_train_val": 67,
    "caffenet_train_val": 67,
    "mobilenet_v2_train_val": 64,
    "senet50_train_val": 64,
    "shufflenet_v1_train_val": 64,
    "vgg16_train_val": 32,
    "vgg_train_val": 32,
}
"""Side of smaller images, for nets that accept them."""
SLOW = (
    "alexnet",
    "caffenet",
    "densenet",
    "fcn8s",
    "googlenet",
    "mobilenet",
    "resnet",
    "senet",
    "shufflenet",
    "vgg",
)

BY_FORMULA = ("pspnet50",)
"""Nets of BN, which under a compiler computes by a formula, not by torch's kernel: sums round otherwise."""


def made(name: str, device: str = "cpu") -> tuple[Net, Feed]:
    """A net in TRAIN, and a feed of two samples."""
    changes = small(NETS[name].name)
    if name in IMAGE:
        changes += [f"layer[data].dummy_data_param.shape[0].dim[{axis}]={IMAGE[name]}" for axis in (2, 3)]
    graph, _ = wire_without_data(load_net(NETS[name], changes), NetState(phase=TRAIN), 2)
    net = Net(graph, seed=3, device=device)
    return net, net.fetch(5) | {index: blob.to(device) for index, blob in draw(graph).items()}


def gradients(net: Net, loss: Tensor) -> list[Tensor]:
    learning = [param for param in net.learnable if param.requires_grad]
    return list(torch.autograd.grad(loss, learning))


def params(without: tuple[str, ...] = (), slow: tuple[str, ...] = SLOW) -> list[Any]:
    names = [name for name in NETS if not name.startswith(without)]
    return [pytest.param(name, marks=[pytest.mark.slow] if name.startswith(slow) else []) for name in names]


def test_configs_are_complete() -> None:
    assert len(NETS) == 27


@pytest.mark.parametrize("name", params(without=BY_FORMULA))
def test_step_compiles_to_one_graph_and_gives_the_same(name: str) -> None:
    eager, feed = made(name)
    compiled, again = made(name)
    torch._dynamo.reset()

    def loss_of(feed: Feed) -> Tensor:
        return compiled.loss(compiled.run(feed, compiled.outputs_only))

    step = torch.compile(loss_of, fullgraph=True, backend="eager")
    expected = eager.loss(eager.run(feed, eager.outputs_only))
    loss = step(again)
    assert loss.item() == expected.item()
    assert torch.isfinite(loss)
    found = [*gradients(compiled, loss), *carried_tensors(compiled)]
    for one, other in zip(found, [*gradients(eager, expected), *carried_tensors(eager)], strict=True):
        # a sum over several consumers of a blob may come in another order
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))
    torch._dynamo.reset()


def test_watch_detects_host_reads() -> None:
    with Watch() as watch:
        torch.ones(2).sum().item()
        torch.ones(2).nonzero()
        torch.ones(2).bernoulli()
        torch.ones(2).new_tensor([1.0])
    assert set(watch.found) == {
        "_local_scalar_dense",
        "nonzero",
        "bernoulli of torch's generator",
        "a tensor of numbers on the host",
    }
