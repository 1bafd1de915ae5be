"""Checks of the gradients of several processes; `test_gradient_sync` runs this program in each of them.

Each check compares with a single process that has all samples. The results go to ``results.json`` of
the main process: a list of problems for each check, of all processes.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from layerzoo.engine.gradient_sync import (
    AllReducedGradients,
    DistributedGradients,
    GradientSync,
    LocalGradients,
)
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.errors import UsageError
from layerzoo.layer import Layer, register
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net
from layerzoo.ranks import Ranks

ROWS = 6
"""Samples of each process in a batch."""

NET = """
layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: ROWS dim: 5 }
                                                                shape { dim: ROWS } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 7 weight_filler { type: "xavier" } } }
layer { name: "tanh" type: "TanH" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
"""
LOSS = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "loss" }'
IGNORING = LOSS[:-1] + "loss_param { ignore_label: 3 } }"
UNREACHED = """
layer { name: "side" type: "InnerProduct" bottom: "a" top: "side"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "silence" type: "Silence" bottom: "side" }
"""
FROZEN = NET.replace('name: "a"', 'name: "a" param { lr_mult: 0 }')
STATEFUL = """
layer { name: "in" type: "Input" top: "x" top: "t" top: "cont" input_param {
        shape { dim: ROWS dim: 5 } shape { dim: ROWS } shape { dim: 2 dim: 3 } } }
layer { name: "norm" type: "BatchNorm" bottom: "x" top: "n" }
layer { name: "drop" type: "Dropout" bottom: "n" top: "n" }
layer { name: "steps" type: "Reshape" bottom: "n" top: "steps"
        reshape_param { shape { dim: 2 dim: 3 dim: 5 } } }
layer { name: "lstm" type: "LSTM" bottom: "steps" bottom: "cont" top: "h"
        recurrent_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "b" type: "Reshape" bottom: "h" top: "b" reshape_param { shape { dim: ROWS dim: 4 } } }
"""

ranks = Ranks.from_environment()
CHECKS: dict[str, Callable[[], list[str]]] = {}


def check(function: Callable[[], list[str]]) -> Callable[[], list[str]]:
    """Run a function in each process; it returns what is wrong."""
    CHECKS[function.__name__] = function
    return function


@register
class CutInOne(Layer):
    """Lets no gradient pass in the second process."""

    def forward(self, x: Tensor) -> Tensor:
        """The bottom."""
        return x.detach() if self.clock.rank == 1 else x * 1


@register
class CutLater(Layer):
    """Lets no gradient pass from the second batch on."""

    def forward(self, x: Tensor) -> Tensor:
        """The bottom."""
        return x.detach() if self.clock.iteration else x * 1


def net_of(text: str, rows: int, rank: int = 0, count: int = 1) -> Net:
    """A net of a text for a batch size."""
    net = Net(parse_net(text.replace("ROWS", str(rows))), phase="TRAIN", seed=4)
    net.clock.rank, net.clock.ranks = rank, count
    return net


def samples(number: int, ignored: int = 0) -> tuple[Tensor, Tensor]:
    """All samples of a batch, in the order of the processes; the first ones have the label 3."""
    generator = torch.Generator().manual_seed(number)
    x = torch.randn(ROWS * ranks.count, 5, generator=generator)
    t = torch.randint(0, 3, (ROWS * ranks.count,), generator=generator).float()
    t[:ignored] = 3
    return x, t


def feed_of(net: Net, x: Tensor, t: Tensor, *others: Tensor) -> Feed:
    """The feed of a net's inputs."""
    inputs = zip(net.graph.inputs, (x, t, *others), strict=True)
    return net.fetch(0) | {blob.index: value for blob, value in inputs}


def share(tensor: Tensor) -> Tensor:
    """This process's part of all samples."""
    return tensor[ranks.rank * ROWS : (ranks.rank + 1) * ROWS]


def iteration(sync: GradientSync, batches: list[tuple[Tensor, Tensor]], number: int = 0) -> float:
    """The gradients of an iteration; its loss."""
    sync.net.clock.iteration = number
    sync.zero()
    total = torch.zeros(())
    with sync.joint():
        for part, (x, t) in enumerate(batches):
            loss, _ = sync.forward(feed_of(sync.net, x, t), last=part + 1 == len(batches))
            sync.backward(loss)
            total = total + loss.detach()
    sync.finish(total)
    return float(total)


def of_all(text: str, batches: list[tuple[Tensor, Tensor]]) -> tuple[list[Tensor], float]:
    """Gradients and loss of one process with all samples."""
    sync = LocalGradients(net_of(text, ROWS * ranks.count))
    loss = iteration(sync, batches)
    return [gradient.clone() for gradient in sync.gradients()], loss


def unequal(gradients: list[Tensor], expected: list[Tensor] | None = None) -> list[str]:
    """How gradients differ between processes, or from those of one process."""
    problems = []
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    first = ranks.from_main(flat.clone())
    if not torch.equal(flat, first):
        problems.append(f"other gradients than in the first process: {(flat - first).abs().max()}")
    if not flat.abs().max() > 0:
        problems.append("no gradients")
    if expected is not None:
        wanted = torch.cat([gradient.flatten() for gradient in expected])
        if not torch.allclose(flat, wanted, rtol=1e-4, atol=1e-6):
            problems.append(f"other gradients than of one process: {(flat - wanted).abs().max()}")
    return problems


def compared(
    kind: type[GradientSync], text: str, batches: list[tuple[Tensor, Tensor]], repeats: int = 2
) -> list[str]:
    """Problems of the gradients of an iteration, and of those of the next ones with the same batches."""
    expected, loss = of_all(text, batches)
    sync = kind(net_of(text, ROWS, ranks.rank, ranks.count), ranks)
    problems = []
    for number in range(repeats):
        own = iteration(sync, [(share(x), share(t)) for x, t in batches], number)
        problems += unequal(sync.gradients(), expected)
        if abs(own - loss) > 1e-5:
            problems.append(f"loss {own}, expected {loss}")
    return problems


@check
def whole_net() -> list[str]:
    """One backward pass of the whole net."""
    return [
        problem
        for kind in (DistributedGradients, AllReducedGradients)
        for problem in compared(kind, NET + LOSS, [samples(0)])
    ]


@check
def sub_passes() -> list[str]:
    """``iter_size: 3``."""
    return compared(DistributedGradients, NET + LOSS, [samples(0), samples(1), samples(2)])


@check
def params_that_do_not_learn() -> list[str]:
    """``lr_mult: 0``."""
    return compared(DistributedGradients, FROZEN + LOSS, [samples(0), samples(1)])


@check
def params_under_no_loss() -> list[str]:
    """Theirs are zeros, in each iteration."""
    text = NET + UNREACHED + LOSS
    sync = DistributedGradients(net_of(text, ROWS, ranks.rank, ranks.count), ranks)
    for number in range(3):
        iteration(sync, [tuple(map(share, samples(number)))], number)  # type: ignore[list-item]
    side = [blob.grad for blob in sync.net.params["side"]]
    problems = [] if all(g is not None and not g.any() for g in side) else [f"gradients {side}"]
    return problems + compared(DistributedGradients, text, [samples(0)])


@check
def params_reached_in_some_processes_only() -> list[str]:
    """All gradients are averaged at the end, the missing ones as zeros."""
    cut = 'layer { name: "cut" type: "CutInOne" bottom: "a" top: "a" }\nlayer { name: "b"'
    text = NET.replace('layer { name: "b"', cut) + LOSS
    sync = DistributedGradients(net_of(text, ROWS, ranks.rank, ranks.count), ranks)
    problems = []
    for number in range(2):
        iteration(sync, [tuple(map(share, samples(number)))], number)  # type: ignore[list-item]
        problems += unequal(sync.gradients())
    if not all(gradient.any() for gradient in sync.gradients()):
        problems.append("a gradient is zero")
    return problems


@check
def params_reached_in_some_iterations_only() -> list[str]:
    """An error that says what to do."""
    cut = 'layer { name: "cut" type: "CutLater" bottom: "a" top: "a" }\nlayer { name: "b"'
    sync = DistributedGradients(
        net_of(NET.replace('layer { name: "b"', cut) + LOSS, ROWS, ranks.rank, ranks.count), ranks
    )
    batch = tuple(map(share, samples(0)))
    iteration(sync, [batch], 0)  # type: ignore[list-item]
    try:
        iteration(sync, [batch], 1)  # type: ignore[list-item]
    except UsageError as error:
        return [] if "layer_wise_reduce: false" in str(error) else [str(error)]
    return ["no error"]


@check
def losses_divided_by_valid_counts() -> list[str]:
    """One process has no valid label, one has a few, one has all: the divisor is the count of all."""
    ignored = ROWS + 4
    problems = []
    for kind in (DistributedGradients, AllReducedGradients):
        problems += compared(kind, NET + IGNORING, [samples(0, ignored), samples(1, 1)])
    everything = ROWS * ranks.count
    expected, _ = of_all(NET + IGNORING, [samples(0, everything)])
    if any(gradient.any() for gradient in expected):
        problems.append("gradients without a valid label")
    return problems


@check
def infogain_and_sigmoid_losses_divided_by_valid_counts() -> list[str]:
    """The same for the other losses with ``ignore_label``."""
    given = """
layer { name: "h" type: "DummyData" top: "h" dummy_data_param {
        shape { dim: 1 dim: 1 dim: 4 dim: 4 } data_filler { type: "constant" value: 0.5 } } }
layer { name: "loss" type: "InfogainLoss" bottom: "b" bottom: "t" bottom: "h" top: "loss"
        loss_param { ignore_label: 3 } }"""
    sigmoid = """
layer { name: "c" type: "InnerProduct" bottom: "b" top: "c"
        inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "c" bottom: "t" top: "loss"
        loss_param { ignore_label: 3 normalization: VALID } }"""
    batches = [samples(0, ROWS + 4)]
    infogain, of_scores = (compared(DistributedGradients, NET + loss, batches) for loss in (given, sigmoid))
    return infogain + of_scores


@check
def layer_by_layer() -> list[str]:
    """Each layer's backward pass by itself."""
    return _by_layer(lambda runner: runner.backward())


@check
def partial_passes() -> list[str]:
    """The backward pass in two parts."""

    def in_parts(runner: Layerwise) -> None:
        runner.backward(end=3)
        runner.backward(start=2)

    return _by_layer(in_parts)


def _by_layer(backward: Callable[[Layerwise], None]) -> list[str]:
    x, t = samples(0, ROWS + 4)
    expected, _ = of_all(NET + IGNORING, [(x, t)])
    sync = AllReducedGradients(net_of(NET + IGNORING, ROWS, ranks.rank, ranks.count), ranks)
    runner = Layerwise(sync.net)
    sync.zero()
    with sync.joint():
        loss = runner.forward(feed_of(sync.net, share(x), share(t)))
        backward(runner)
    sync.finish(loss)
    return unequal(sync.gradients(), expected)


@check
def two_backward_passes_after_one_forward() -> list[str]:
    """Both add up."""
    x, t = samples(0)
    expected, _ = of_all(NET + LOSS, [(x, t)])
    sync = AllReducedGradients(net_of(NET + LOSS, ROWS, ranks.rank, ranks.count), ranks)
    with sync.joint():
        loss, _ = sync.forward(feed_of(sync.net, share(x), share(t)))
        loss.backward(retain_graph=True)
        sync.backward(2 * loss)
    sync.finish(loss.detach())
    return unequal(sync.gradients(), [3 * gradient for gradient in expected])


@check
def gradient_penalty() -> list[str]:
    """A loss of the gradient by the input."""

    def penalised(sync: GradientSync, x: Tensor, t: Tensor) -> list[Tensor]:
        x = x.clone().requires_grad_()
        loss, _ = sync.forward(feed_of(sync.net, x, t))
        (slope,) = torch.autograd.grad(loss * len(x), x, create_graph=True)
        sync.backward(loss + slope.square().sum(1).mean())
        sync.finish(loss.detach())
        return sync.gradients()

    x, t = samples(0)
    expected = penalised(LocalGradients(net_of(NET + LOSS, ROWS * ranks.count)), x, t)
    net = net_of(NET + LOSS, ROWS, ranks.rank, ranks.count)
    return unequal(penalised(AllReducedGradients(net, ranks), share(x), share(t)), expected)


@check
def warm_up_leaves_state_alone() -> list[str]:
    """Running sums, recurrent states and random streams are those after a single pass."""
    cont = torch.ones(2, 3)
    x, t = map(share, samples(0))
    states = []
    for kind in (AllReducedGradients, DistributedGradients):
        torch.manual_seed(5)
        sync = kind(net_of(STATEFUL + LOSS, ROWS, ranks.rank, ranks.count), ranks)
        with sync.joint():
            loss, _ = sync.forward(feed_of(sync.net, x, t, cont))
            sync.backward(loss)
        statistics = list(sync.net.params["norm"])
        drawn = torch.rand(1)
        states.append([loss, *statistics, *sync.net.buffers(), drawn])
    same = [torch.equal(a, b) for a, b in zip(*states, strict=True)]
    own = ranks.gather([float(state.sum()) for state in states[0][1:-1]])
    problems = [] if all(same) else [f"state differs: {same}"]
    if ranks.is_main and own[0] == own[1]:
        problems.append("the processes have the same state: buffers were broadcast")
    return problems


@check
def addresses_stay() -> list[str]:
    """From the end of the first iteration on."""
    sync = DistributedGradients(net_of(NET + LOSS, ROWS, ranks.rank, ranks.count), ranks)
    places = []
    for number in range(3):
        iteration(sync, [tuple(map(share, samples(number)))], number)  # type: ignore[list-item]
        places.append([gradient.data_ptr() for gradient in sync.gradients()])
    return [] if places[0] == places[1] == places[2] else [f"gradients moved: {places}"]


@check
def exact_after_a_restart() -> list[str]:
    """The bits of an iteration don't depend on how many came before it."""
    runs = []
    for first in (0, 2):
        sync = DistributedGradients(net_of(NET + LOSS, ROWS, ranks.rank, ranks.count), ranks)
        for number in range(first, 3):
            iteration(sync, [tuple(map(share, samples(number)))], number)  # type: ignore[list-item]
        runs.append(torch.cat([gradient.flatten() for gradient in sync.gradients()]))
    return [] if torch.equal(*runs) else ["other bits after a restart"]


def main(checks: dict[str, Callable[[], list[str]]]) -> None:
    """Run checks and write their results."""
    results = {}
    for name, function in checks.items():
        try:
            problems = function()
        except Exception:
            problems = [traceback.format_exc()]
        results[name] = [f"process {n}: {p}" for n, found in enumerate(ranks.gather(problems)) for p in found]
    if ranks.is_main:
        Path("results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(CHECKS)
