"""Training steps of every shipped config under compilers and graph capture.

A step is `Net.run` on a feed, up to the loss, and its gradient. It is one graph without a break, and reads
nothing on the host. Configs whose data are not in the repository get inputs of the same shape.
"""

from __future__ import annotations

import traceback
from collections import Counter
from typing import Any

import pytest
import torch
import torch._dynamo  # a dispatch mode imports it in its first pass, where torch.Generator is patched
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from layerzoo.engine.observers.guard import carried_tensors
from layerzoo.loader import load_net
from layerzoo.net import Feed, Net
from layerzoo.schema import TRAIN, NetState
from layerzoo.survey import wire_without_data
from layerzoo.survey.inputs import draw
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
    "vgg16",
)

BY_FORMULA = ("pspnet50",)
"""Nets of BN, which under a compiler computes by a formula, not by torch's kernel: sums round otherwise."""


def made(name: str) -> tuple[Net, Feed]:
    """A net in TRAIN, and a feed of two samples."""
    changes = small(NETS[name].name)
    if name in IMAGE:
        changes += [f"layer[data].dummy_data_param.shape[0].dim[{axis}]={IMAGE[name]}" for axis in (2, 3)]
    graph, _ = wire_without_data(load_net(NETS[name], changes), NetState(phase=TRAIN), 2)
    net = Net(graph, seed=3)
    return net, net.fetch(5) | draw(graph)


def gradients(net: Net, loss: Tensor) -> list[Tensor]:
    learning = [param for param in net.learnable if param.requires_grad]
    return list(torch.autograd.grad(loss, learning))


def params(without: tuple[str, ...] = ()) -> list[Any]:
    names = [name for name in NETS if not name.startswith(without)]
    return [pytest.param(name, marks=[pytest.mark.slow] if name.startswith(SLOW) else []) for name in names]


def test_configs_are_complete() -> None:
    assert len(NETS) == 23


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


class Watch(TorchDispatchMode):
    """Records operations that make a GPU wait, or that a captured graph must not contain."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        if name in {"_local_scalar_dense", "nonzero", "_copy_from", "_pin_memory"} and not _checks_labels():
            self.found[name] += 1
        if name == "_to_copy" and kwargs.get("device") is not None:
            self.found["a copy to a device"] += 1
        if torch.Tag.nondeterministic_seeded in func.tags or kwargs.get("generator") is not None:
            self.found[f"{name} of torch's generator"] += 1
        return func(*args, **kwargs)


def _checks_labels() -> bool:
    """On the CPU `LabelCheck.indices` reads the values, to find a label out of range at once."""
    return any(
        frame.name == "indices" and frame.filename.endswith("functional/loss.py")
        for frame in traceback.extract_stack()
    )


@pytest.mark.parametrize("name", params())
def test_step_reads_nothing_on_the_host(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, feed = made(name)

    def no_generator(*_: object) -> None:
        raise AssertionError("a pass makes a generator")

    monkeypatch.setattr(torch, "Generator", no_generator)
    with Watch() as watch:
        loss = net.loss(net.run(feed, net.outputs_only))
        gradients(net, loss)
    assert not watch.found


def test_watch_detects_host_reads() -> None:
    with Watch() as watch:
        torch.ones(2).sum().item()
        torch.ones(2).nonzero()
        torch.ones(2).bernoulli()
    assert set(watch.found) == {"_local_scalar_dense", "nonzero", "bernoulli of torch's generator"}
