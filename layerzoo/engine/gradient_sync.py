"""Gradient synchronisation: the same gradients in all processes that train one net.

Each process makes its passes over its own share of the data; the gradients of an update are the means over
all processes. `gradient_sync` chooses how they are averaged:

* `LocalGradients`: a single process, nothing to average; `NewGradients` where nothing observes gradients.
* `DistributedGradients`: by torch's ``DistributedDataParallel``, while the backward pass goes on. One
  backward pass for each forward pass of the whole net, into ``param.grad``.
* `ShardedGradients` (in ``sharded_gradients``): into the part of them that each process holds.
* `AllReducedGradients`: all at once when they are finished. Right for gradients of any origin: layer by
  layer, partial passes, several backward passes after one forward pass, ``torch.autograd.grad``.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.hooks import RemovableHandle

from layerzoo.engine.compression import Compression, PowerSGD
from layerzoo.engine.gradient_layout import keep_strides
from layerzoo.engine.leaves import leaves_under
from layerzoo.engine.own_weights import OwnWeights
from layerzoo.engine.restored import restored
from layerzoo.errors import UsageError
from layerzoo.net import Feed, Net
from layerzoo.ranks import Ranks, add_waited, joint_sum, peer_errors

log = logging.getLogger("layerzoo")

_WARM_UP = 2
"""Passes until DistributedDataParallel has settled: it rearranges its buckets after the first one, and gives
gradients their final addresses in the second one."""

T = TypeVar("T")
Output = tuple[Tensor, list[Tensor | None]]
"""The loss of a pass, and the blob versions that ``net.outputs_only`` keeps."""


class GradientSync(ABC):
    """Computes the gradients of one process and averages them over all processes.

    An iteration is `zero`, then `forward` and `backward` for each sub-pass, then `finish`, all of it inside
    `joint`.

    Args:
        net: the training net; each param that learns gets a gradient of zeros.
        ranks: the processes that train it.

    Attributes:
        params: those that learn.
        sync_batch_norm: layers that normalise over a batch do so over the samples of all processes.
        compression: sends gradients in a smaller form; None as they are.
        parts: what is kept from iteration to iteration, as parts of a run's state by name.
    """

    def __init__(self, net: Net, ranks: Ranks) -> None:
        self.net, self.ranks = net, ranks
        self.sync_batch_norm = False
        self.compression: Compression | None = None
        self.parts: dict[str, PowerSGD | OwnWeights] = {}
        self.params = give_gradients(net)

    def zero(self) -> None:
        """Set all gradients to zero."""
        if gradients := self.gradients():
            torch._foreach_zero_(gradients)

    def forward(self, feed: Feed, last: bool = True) -> Output:
        """Run the net on a batch.

        Args:
            feed: the batch.
            last: no further sub-pass adds to these gradients.
        """
        return run_net(self.net, feed)

    def backward(self, loss: Tensor, seed: Tensor | None = None) -> None:
        """Add the gradients of a loss to ``param.grad``.

        Args:
            loss: from `forward`; nothing is added where no param is under it.
            seed: the gradient of the loss itself, shape (); None is 1.
        """
        if loss.requires_grad:
            torch.autograd.backward(loss, seed)

    @abstractmethod
    def finish(self, loss: Tensor) -> None:
        """Replace the loss, and gradients that aren't averaged yet, by their means over all processes.

        Raises:
            PeerLostError: another process has ended.
        """

    def updated(self, iteration: int) -> None:  # noqa: B027 (nothing to do where gradients are averaged)
        """Follow the update of an iteration."""

    def skipped(self) -> None:
        """Forget what was kept of gradients that are not finite, in all processes alike."""
        if self.compression is not None:
            self.compression.forget()

    def run(self, call: Callable[[], T]) -> T:
        """Call a function that runs the net or a test net without a backward pass."""
        return call()

    def agreed(self, finite: bool) -> bool:
        """Whether gradients are finite in every process; here all have the same."""
        return finite

    @property
    def held(self) -> list[nn.Parameter]:
        """The params as this process holds them, in the order of ``net.learnable``."""
        return self.net.learnable

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """A block in which the params have the values that are tested and saved, in all processes."""
        yield

    @contextmanager
    def joint(self) -> Iterator[None]:
        """A block in which all processes make the same passes: losses are divided by common counts."""
        clock = self.net.clock
        before = clock.shared_count  # that of `caffe.NCCL`, which averages for a solver of its own
        if self.ranks.count > 1:
            clock.shared_count = self.ranks.shared_count
            clock.joint_sum = joint_sum if self.sync_batch_norm else None
        try:
            yield
        finally:
            clock.shared_count, clock.joint_sum = before, None

    def gradients(self) -> list[Tensor]:
        """The gradients; where several processes train, their addresses may change in the first iteration."""
        return [param.grad for param in self.params if param.grad is not None]


class LocalGradients(GradientSync):
    """The gradients of a single process; their addresses never change."""

    def __init__(self, net: Net) -> None:
        super().__init__(net, Ranks())
        self._gradients = super().gradients()

    def finish(self, loss: Tensor) -> None:
        """Do nothing."""

    def gradients(self) -> list[Tensor]:
        """The gradients."""
        return self._gradients


class NewGradients(LocalGradients):
    """The gradients of a single process, in new memory in each iteration: nothing is zeroed and added to.

    Right where each iteration has one backward pass, and nothing else looks at gradients.
    """

    def zero(self) -> None:
        """Drop all gradients."""
        _drop_gradients(self.params)
        self._gradients = []

    def gradients(self) -> list[Tensor]:
        """The gradients of this iteration."""
        return GradientSync.gradients(self)


class AllReducedGradients(GradientSync):
    """Gradients of any origin, averaged when they are finished."""

    def finish(self, loss: Tensor) -> None:
        """Average loss and gradients."""
        self.ranks.average([*self.gradients(), loss])


@dataclass(frozen=True)
class Overlap:
    """How gradients are averaged while the backward pass goes on.

    Attributes:
        bucket_mb: megabytes of gradients that are averaged together.
        static_graph: all passes reach the same params in the same order.
        compression: sends gradients in a smaller form.
    """

    bucket_mb: float = 25.0
    static_graph: bool = False
    compression: Compression | None = None


class DistributedGradients(GradientSync):
    """Gradients averaged bucket by bucket while the backward pass goes on.

    The first `forward` begins with passes whose gradients are thrown away, until ``DistributedDataParallel``
    no longer rearranges its buckets: the bits of an all-reduce depend on a gradient's place in its bucket,
    and a resumed run must have those of the uninterrupted one. What layers write over as they run is put
    back.

    Params under no loss are left out. Where these differ between processes, all gradients are averaged when
    they are finished.

    Args:
        net, ranks: as for `GradientSync`.
        overlap: settings of ``DistributedDataParallel``.
    """

    def __init__(self, net: Net, ranks: Ranks, overlap: Overlap | None = None) -> None:
        super().__init__(net, ranks)
        self._overlap = overlap or Overlap()
        self.compression = self._overlap.compression
        self._module: DistributedDataParallel | None = None
        self._overlapped: list[nn.Parameter] = []
        self._is_prepared = not self.params
        self._averages_at_end = False
        self._complete_at = 0.0

    def zero(self) -> None:
        """Drop the gradients that the module averages, which is faster; set the others to zero."""
        _drop_gradients(self._overlapped)
        super().zero()

    def forward(self, feed: Feed, last: bool = True) -> Output:
        """Run the net on a batch; the first time, warm up with it first."""
        if not self._is_prepared:
            self._prepare(feed)
        if self._module is None:
            return run_net(self.net, feed)
        with nullcontext() if last else self._module.no_sync():
            output: Output = self._module(feed)
        return output

    def backward(self, loss: Tensor, seed: Tensor | None = None) -> None:
        """Add the gradients of a loss; those of the last sub-pass are averaged on the way.

        Raises:
            PeerLostError: another process has ended.
        """
        self._complete_at = float("inf")
        with peer_errors(among_others=True):
            super().backward(loss, seed)
        add_waited(max(0.0, time.perf_counter() - self._complete_at))

    def finish(self, loss: Tensor) -> None:
        """Average the loss.

        Raises:
            UsageError: a param that had a gradient in the first pass has none in this one.
        """
        if any(param.grad is None for param in self._overlapped):
            raise UsageError(
                f"net '{self.net.name}': the params under the loss change from pass to pass; "
                "set layer_wise_reduce: false in the solver to average gradients after the pass"
            )
        self.ranks.average([*(self.gradients() if self._averages_at_end else ()), loss])

    def _prepare(self, feed: Feed) -> None:
        """Find the params that passes reach, wrap the net, and make the warm-up passes."""
        self._is_prepared = True
        with restored(self.net):
            reached = self._reached(run_net(self.net, feed)[0])
            if not reached:
                return
            module = self._wrapped(reached)
            with nullcontext() if self.compression is None else self.compression.off():
                for _ in range(_WARM_UP):
                    _drop_gradients(reached)
                    with _order(reached) as order:
                        self.backward(module(feed)[0])
        _drop_gradients(reached)
        # on one param only: a call for each would cost time
        _call_when_complete(order[-1], self._is_complete)
        self._module, self._overlapped = module, reached

    def _is_complete(self, _: Tensor) -> None:
        """Keep when the last gradient of a pass is computed; then the pass waits for the other processes."""
        self._complete_at = time.perf_counter()

    def _wrapped(self, reached: list[nn.Parameter]) -> DistributedDataParallel:
        keep_strides(reached)
        module = DistributedDataParallel(
            TrainingPass(self.net, reached),
            bucket_cap_mb=self._overlap.bucket_mb,
            gradient_as_bucket_view=True,
            static_graph=self._overlap.static_graph,
        )
        if (compression := self.compression) is not None:
            # torch refuses a hook whose annotations are strings, as they are in this module
            module.register_comm_hook(None, lambda state, bucket: compression.average(bucket))
        return module

    def _reached(self, loss: Tensor) -> list[nn.Parameter]:
        """The params that a loss gives gradients to; none where that depends on the process."""
        found = leaves_under(loss)
        here = torch.tensor([float(param in found) for param in self.params])
        everywhere = here.clone()
        self.ranks.average([everywhere])
        self._averages_at_end = not torch.equal(here, everywhere)
        if self._averages_at_end and self._overlap != Overlap():
            log.warning(
                "net '%s': the params under the loss differ between processes, so that gradients are "
                "averaged after the pass: bucket_mb, static_graph and compression have no effect",
                self.net.name,
            )
        return [] if self._averages_at_end else [param for param in self.params if param in found]


class TrainingPass(nn.Module):
    """A net's forward pass up to its loss, as a module that ``DistributedDataParallel`` can wrap.

    Args:
        net: the training net. It is no submodule, so that its buffers are not broadcast.
        params: those whose gradients are averaged.
    """

    def __init__(self, net: Net, params: list[nn.Parameter]) -> None:
        super().__init__()
        self.params = nn.ParameterList(params)
        self._run = partial(run_net, net)

    def forward(self, feed: Feed) -> Output:
        """Run the net on a batch."""
        return self._run(feed)


def gradient_sync(
    net: Net, ranks: Ranks, overlapped: bool = True, overlap: Overlap | None = None
) -> GradientSync:
    """How the processes that train a net synchronise its gradients.

    Args:
        net: the training net.
        ranks: the processes.
        overlapped: average gradients while the backward pass goes on. Never done where layers run code of
            the user's or write files: a warm-up pass would do so too.
        overlap: settings of that.
    """
    if ranks.count == 1:
        return LocalGradients(net)
    if not overlapped or any(step.layer.has_effects for step in net.outputs_only.steps):
        return AllReducedGradients(net, ranks)
    return DistributedGradients(net, ranks, overlap)


def give_gradients(net: Net) -> list[nn.Parameter]:
    """Give each param that learns a gradient of zeros; these params."""
    params = [param for param in net.learnable if param.requires_grad]
    for param in params:
        param.grad = torch.zeros_like(param)
    return params


def run_net(net: Net, feed: Feed) -> Output:
    """Run a net on a batch up to its loss."""
    values = net.run(feed, net.outputs_only)
    return net.loss(values), values


def _drop_gradients(params: list[nn.Parameter]) -> None:
    for param in params:
        param.grad = None


def _call_when_complete(param: Tensor, call: Callable[[Tensor], None]) -> RemovableHandle:
    """Let a param call a function when a backward pass has completed its gradient."""
    handle: RemovableHandle = param.register_post_accumulate_grad_hook(call)  # type: ignore[no-untyped-call]
    return handle


@contextmanager
def _order(params: list[nn.Parameter]) -> Iterator[list[Tensor]]:
    """A block that lists params in the order in which it completes their gradients."""
    found: list[Tensor] = []
    handles = [_call_when_complete(param, found.append) for param in params]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
