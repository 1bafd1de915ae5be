"""Checks of buckets, compressed gradients and local SGD, which `test_local_sgd` runs in three processes.

The results go to ``results.json``, as those of `gradient_sync_checks`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.engine.compression import PowerSGD, make_compression
from layerzoo.engine.gradient_sync import DistributedGradients, GradientSync, LocalGradients, Overlap
from layerzoo.engine.local_sgd import LocalSGD
from layerzoo.engine.own_weights import OwnWeights
from layerzoo.net import Net
from layerzoo.optimizer import make_rule
from layerzoo.schema import DistributedParameter, GradientCompression, SolverParameter
from layerzoo.solver.make_engine import update_params
from tests.engine.gradient_sync_checks import (
    CHECKS,
    LOSS,
    NET,
    ROWS,
    check,
    feed_of,
    iteration,
    main,
    net_of,
    of_all,
    ranks,
    samples,
    share,
    unequal,
)


def overlapping(text: str, overlap: Overlap) -> DistributedGradients:
    """Gradients of a net averaged with settings."""
    return DistributedGradients(net_of(text, ROWS, ranks.rank, ranks.count), ranks, overlap)


@check
def small_buckets_and_a_static_graph() -> list[str]:
    """The same gradients at addresses that stay, bit for bit after a restart."""
    overlap = Overlap(bucket_mb=1e-5, static_graph=True)
    batches = [samples(0), samples(1)]
    expected, _ = of_all(NET + LOSS, batches)
    problems, runs = [], []
    for first in (0, 2):
        sync, places = overlapping(NET + LOSS, overlap), []
        for number in range(first, 4):
            iteration(sync, [(share(x), share(t)) for x, t in batches], number)
            places.append([gradient.data_ptr() for gradient in sync.gradients()])
        problems += unequal(sync.gradients(), expected)
        problems += [] if places[0] == places[-1] else ["gradients moved"]
        runs.append(torch.cat([gradient.flatten() for gradient in sync.gradients()]))
    return problems if torch.equal(*runs) else [*problems, "other bits after a restart"]


@check
def compression_in_16_bits() -> list[str]:
    """Gradients are those of one process, to the precision of the type; the sums of sub-passes are sent."""
    batches = [samples(0), samples(1)]
    expected = torch.cat([gradient.flatten() for gradient in of_all(NET + LOSS, batches)[0]])
    problems = []
    for kind, bits in ((GradientCompression.BF16, 8), (GradientCompression.FP16, 11)):
        given = make_compression(DistributedParameter(compression=kind), ranks)
        sync = overlapping(NET + LOSS, Overlap(compression=given))
        for number in range(2):
            iteration(sync, [(share(x), share(t)) for x, t in batches], number)
        problems += unequal(sync.gradients())
        flat = torch.cat([gradient.flatten() for gradient in sync.gradients()])
        if torch.equal(flat, expected) or not torch.allclose(
            flat, expected, rtol=0, atol=float(expected.abs().max()) * 4 * 2.0**-bits
        ):
            problems.append(f"{kind}: off by {(flat - expected).abs().max()}")
    return problems


def power_sgd(rank: int) -> PowerSGD:
    """Compression from the third iteration on."""
    param = DistributedParameter(compression=GradientCompression.POWER_SGD)
    own = param.power_sgd_param
    own.matrix_approximation_rank, own.start_powerSGD_iter, own.min_compression_rate = rank, 2, 0.01
    found = make_compression(param, ranks)
    assert isinstance(found, PowerSGD)
    return found


@check
def power_sgd_of_full_rank() -> list[str]:
    """Leaves nothing out. The passes that warm up aren't counted, and leave nothing behind."""
    expected, _ = of_all(NET + LOSS, [samples(0)])
    compression = power_sgd(5)
    sync = overlapping(NET + LOSS, Overlap(1e-5, compression=compression))
    problems = []
    for number in range(5):
        iteration(sync, [tuple(map(share, samples(0)))], number)  # type: ignore[list-item]
        state = compression.state_dict()
        tensors = [name for name, value in state.items() if isinstance(value, Tensor)]
        if state["iteration"] != number + 1 or bool(tensors) != (number >= 2):
            problems.append(f"iteration {number}: {state['iteration']} counted, {tensors}")
        problems += unequal(sync.gradients(), expected)
    return problems


@check
def power_sgd_keeps_what_it_leaves_out() -> list[str]:
    """What is sent and what the processes keep are, on average, the gradients and what was kept before."""
    compression = power_sgd(1)
    sync, problems, before, left = overlapping(NET + LOSS, Overlap(compression=compression)), [], 0.0, 0.0
    for number in range(6):
        iteration(sync, [tuple(map(share, samples(number)))], number)  # type: ignore[list-item]
        problems += unequal(sync.gradients())
        sent = sum(float(gradient.sum()) for gradient in sync.gradients())
        state = compression.state_dict()
        kept = [float(value.sum()) for name, value in state.items() if ".error." in name]
        after = sum(kept) / ranks.count
        expected = sum(float(g.sum()) for g in sync_free(sync.net, samples(number)))
        if ranks.is_main and abs(sent + after - before - expected) > 1e-4:
            problems.append(f"iteration {number}: {sent} + {after} - {before}, expected {expected}")
        before, left = after, max(left, max(map(abs, kept), default=0.0))
    return problems if left > 1e-3 or not ranks.is_main else [*problems, "nothing was left out"]


def sync_free(net: Net, batch: tuple[Tensor, Tensor]) -> list[Tensor]:
    """The gradients of all samples of a batch at a net's params."""
    sync = LocalGradients(net_of(NET + LOSS, ROWS * ranks.count))
    with torch.no_grad():
        for own, given in zip(sync.net.learnable, net.learnable, strict=True):
            own.copy_(given)
    iteration(sync, [batch])
    return sync.gradients()


@check
def power_sgd_forgets_gradients_that_are_not_finite() -> list[str]:
    """Otherwise what is left out would never be finite again."""
    compression = power_sgd(1)
    sync = overlapping(NET + LOSS, Overlap(compression=compression))
    x, t = map(share, samples(0))
    for number in range(6):
        iteration(sync, [(x * float("nan") if number == 3 and ranks.rank == 1 else x, t)], number)
        finite = all(bool(gradient.isfinite().all()) for gradient in sync.gradients())
        if finite != (number != 3):
            return [f"iteration {number}: finite is {finite}"]
        if not finite:
            sync.skipped()
    return unequal(sync.gradients())


def local(every: int, after: int) -> tuple[LocalSGD, OwnWeights]:
    """Local SGD of a net."""
    net = net_of(NET + LOSS, ROWS, ranks.rank, ranks.count)
    rule = make_rule(SolverParameter(base_lr=0.1, lr_policy="fixed"), update_params(net), 1, [])
    own = OwnWeights(net, rule, ranks)
    return LocalSGD(DistributedGradients(net, ranks), own, every, after), own


def params_of(sync: GradientSync) -> Tensor:
    """All params of a net in a row."""
    return torch.cat([param.detach().flatten() for param in sync.params])


@check
def local_sgd_averages_weights() -> list[str]:
    """After two iterations with averaged gradients, every second one; the average is a block's between."""
    sync, own = local(2, 2)
    problems = []
    for number in range(7):
        iteration(sync, [tuple(map(share, samples(number)))], number)  # type: ignore[list-item]
        with torch.no_grad():
            for param in sync.params:
                param.sub_(0.1 * param.grad)  # type: ignore[operator]
        mine = params_of(sync)
        mean = mine.clone()
        ranks.average([mean])
        sync.updated(number)
        alike = number not in (2, 4, 6)
        same = ranks.bitwise_or(int(not torch.equal(params_of(sync), ranks.from_main(params_of(sync))))) == 0
        if same != alike or own.alike != alike:
            problems.append(f"iteration {number}: the params are alike is {same}, expected {alike}")
        now = params_of(sync)
        with sync.averaged():
            if not torch.equal(params_of(sync), mean if number > 1 else now):
                problems.append(f"iteration {number}: the block's params aren't the average")
        if not torch.equal(params_of(sync), now):
            problems.append(f"iteration {number}: the block changed the params")
    return problems


@check
def local_sgd_agrees_on_gradients_that_are_not_finite() -> list[str]:
    """So that all processes leave out the same updates; the loss says nothing of it."""
    sync, _ = local(2, 0)
    x, t = map(share, samples(0))
    sync.zero()
    loss, _ = sync.forward(feed_of(sync.net, x, t))
    sync.backward(loss)
    if ranks.rank == 1:
        sync.gradients()[2].fill_(float("inf"))
    total = loss.detach().clone()
    sync.finish(total)
    finite = all(bool(gradient.isfinite().all()) for gradient in sync.gradients())
    return [] if not finite and bool(total.isfinite()) else [f"finite: {finite}, loss {total}"]


if __name__ == "__main__":
    main({name: each for name, each in CHECKS.items() if each.__module__ == "__main__"})
