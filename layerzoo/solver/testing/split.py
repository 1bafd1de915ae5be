"""Split the batches of a test over the processes that train together; the scores are those of one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.layer import Layer
from layerzoo.net import Net
from layerzoo.ranks import Ranks
from layerzoo.solver.testing.pooled import Pooled, Scores
from layerzoo.solver.testing.tester import Step, Tester

_ROUND: Final = 0.2
"""Seconds of a round, after which the processes send outputs, and a stop ends the test."""
_MOST: Final = 64
"""Batches of a process in a round, at most."""
_ROUND_BYTES: Final = 16 << 20
"""Bytes of outputs of a process in a round, about."""


def why_in_sequence(net: Net) -> str | None:
    """Why one process has to run all batches of a test net, in order; None if several can share them."""
    for layer in net.ordered_layers():
        if layer.has_effects or layer.on_host:
            return f"layer '{layer.name}' writes files or runs code of the user's"
        for name in carried_buffers(layer):
            return f"layer '{layer.name}' carries '{name}' from batch to batch"
    for source in net.data_layers:
        if isinstance(source, DataLayer) and source.switches.max_skipped is not None:
            return f"layer '{source.name}' counts the samples that can't be read"
    return None


def carried_buffers(layer: Layer) -> list[str]:
    """Names of the buffers that a layer may change in a pass, other than the range of labels seen so far."""
    names = (name for name, _ in layer.named_buffers() if not name.endswith("label_range"))
    return [name for name in names if name not in layer.fixed_buffers]


class SplitTest:
    """Runs the tests of one net in several processes: batch b in process b mod N.

    The main process pools the outputs of all batches in their order, as one process does, so that the scores
    have the same bits. The test goes by rounds: in each, a process runs some of its batches and sends their
    outputs. The first round has one batch for each; how many a later one has depends on the time they take,
    which changes no result.

    Args:
        tester: of the net, in this process.
        ranks: the processes.
        in_step: each process has to run as many batches as the others, with which it gathers params; one
            with fewer runs a batch again.
    """

    def __init__(self, tester: Tester, ranks: Ranks, in_step: bool = False) -> None:
        self.tester = tester
        self.ranks = ranks
        self.in_step = in_step
        for source in tester.net.data_layers:
            if isinstance(source, DataLayer):
                source.batch_step = ranks.count

    def run(self, step: Step, stopped: Callable[[], bool]) -> Scores | None:
        """Run one test; all processes have to call it together.

        Args:
            step: runs a batch, such as an engine's ``test_step``.
            stopped: whether this process was asked to stop; asked before each batch.

        Returns:
            the scores, in every process; None if any process was stopped.
        """
        tester, ranks = self.tester, self.ranks
        pooled, batches = Pooled(tester.net, tester.ap_version), tester.batches()
        first, each = batches.start, 1
        while first < batches.stop:
            begun = time.monotonic()
            numbers = range(first, min(first + each * ranks.count, batches.stop))
            sent = ranks.gather(self._own(step, numbers, stopped))
            complete = all(outputs is not None for outputs in sent)
            if complete and ranks.is_main:
                self._pool(pooled, numbers, sent)
            each = ranks.from_main(_next(each, time.monotonic() - begun, sent[0]) if complete else 0)
            if not each:
                return None
            first = numbers.stop
        tester.end(batches)
        return ranks.on_main(pooled.scores)

    def _own(self, step: Step, numbers: range, stopped: Callable[[], bool]) -> list[list[Tensor]] | None:
        """The outputs of this process's batches of a round, in host memory; None if it was stopped."""
        found = []
        if self.in_step and self.ranks.bitwise_or(stopped()):
            return None
        for batch in numbers:
            if batch % self.ranks.count != self.ranks.rank:
                continue
            if not self.in_step and stopped():
                return None
            found.append([output.detach().cpu() for output in step(self.tester.net, batch)])
        if self.in_step and len(found) < -(-len(numbers) // self.ranks.count):
            step(self.tester.net, numbers.start)
        return found

    def _pool(self, pooled: Pooled, numbers: range, sent: Sequence[list[list[Tensor]] | None]) -> None:
        """Add the outputs of a round, in the order of the batches."""
        waiting = [iter(outputs or ()) for outputs in sent]
        for batch in numbers:
            pooled.add(next(waiting[batch % self.ranks.count]), self.tester.share(batch))


def _next(each: int, seconds: float, outputs: Sequence[Sequence[Tensor]] | None) -> int:
    """The number of batches of each process in the next round, after one of ``each`` batches."""
    size = sum(blob.nbytes for batch in outputs or () for blob in batch)
    fitting = min(_ROUND / max(seconds, 1e-9), _ROUND_BYTES / max(size, 1))
    return max(1, min(int(each * fitting), 2 * each, _MOST))


@contextmanager
def of_main(nets: Sequence[Net], ranks: Ranks) -> Iterator[None]:
    """A block in which statistics, such as BatchNorm's, are those of the main process in every process."""
    found = {id(blob): blob for net in nets for blob in _statistics(net)}
    tensors = [blob.detach() for blob in found.values()]
    before = [] if ranks.is_main else [tensor.clone() for tensor in tensors]
    ranks.broadcast(tensors)
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, own in zip(tensors, before, strict=not ranks.is_main):
                tensor.copy_(own)


def _statistics(net: Net) -> Iterator[Tensor]:
    """The params of a net that layers compute themselves; each process has its own."""
    for layer in net.ordered_layers():
        for own, blob in zip(layer.own_params, layer.blobs, strict=True):
            if not own.learns:
                yield blob
