"""Check that losses and gradients are finite before an update.

On the CPU, and wherever an update may be skipped, each iteration is checked before its update, so that the
params stay finite. A GPU would have to wait for that: there, checks accumulate on the device and are read
every few iterations. Code that needs the state before the first bad update keeps a copy.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from copy import copy
from typing import NamedTuple, NoReturn

import torch
from torch import Tensor, nn

from layerzoo.engine.labels import check_labels
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.log import number
from layerzoo.net import Net
from layerzoo.schema import NonFiniteParameter

log = logging.getLogger("layerzoo")

Found = Callable[[int], NoReturn]
"""Called with an iteration that is not finite; raises."""


class _Carried(NamedTuple):
    """Tensors that layers change during a pass.

    Attributes:
        now: these.
        before: their values before the iteration.
    """

    now: list[Tensor]
    before: list[Tensor]


class Guard:
    """Checks losses and gradients of each iteration.

    Args:
        net: the training net.
        param: the action if one is not finite.
        scale: the loss scale of FP16, if any; updates are skipped on its overflows with any action.
        found: called with an iteration that ends the run.
        interval: iterations between two deferred checks.
        deferred: check rarely; None does so on a GPU if no update may be skipped.
        params: those whose gradients are checked; None takes all of the net's.
        agreed: says from what is finite in this process whether it is in all; None asks nobody.

    Attributes:
        skipped: number of updates skipped in a row.
        looked: called after a deferred check without faults, before the update of that iteration.
    """

    def __init__(
        self,
        net: Net,
        param: NonFiniteParameter,
        scale: LossScale | None,
        found: Found,
        interval: int,
        deferred: bool | None = None,
        params: Sequence[nn.Parameter] | None = None,
        agreed: Callable[[bool], bool] | None = None,
    ) -> None:
        self.net, self.param = net, param
        self.scale, self.found, self.interval = scale, found, interval
        may_wait = param.action != NonFiniteParameter.SKIP and scale is None
        self.deferred = may_wait and net.device.type == "cuda" if deferred is None else deferred
        self.skipped = 0
        self._what = ""
        self.looked: Callable[[int], None] | None = None
        self._params = [p for p in (net.learnable if params is None else params) if p.requires_grad]
        self._agreed = agreed or bool
        self._poison = torch.zeros((), device=net.device)
        carried = [] if self.deferred else carried_tensors(net)
        self._carried = _Carried(carried, [torch.empty_like(tensor) for tensor in carried])
        self._good_loss: Tensor | None = None
        self._has_looked = False

    def of(self, update: str, params: Sequence[nn.Parameter]) -> Guard:
        """A guard of the same run for one of several updates: it counts the updates that it skips itself.

        Args:
            update: name of the update.
            params: those whose gradients are checked.
        """
        own = copy(self)
        own._params, own._what = list(params), f" '{update}'"
        return own

    def begin(self) -> None:
        """Save the state that layers change during an iteration, such as BatchNorm's statistics."""
        if self._carried.now:
            torch._foreach_copy_(self._carried.before, self._carried.now)

    def restore(self) -> None:
        """Restore the state that `begin` saved."""
        if self._carried.now:
            torch._foreach_copy_(self._carried.now, self._carried.before)

    def admits(self, iteration: int, loss: Tensor) -> bool:
        """Whether an iteration may make its update.

        Raises:
            NonFiniteError: raised by ``found``, if the run has to end.
        """
        if self.deferred:
            self.note(loss)
            if iteration % self.interval == 0 or not self._has_looked:
                self.look(iteration)
            return True
        value = loss.item()
        if self._agreed(math.isfinite(value) and self._gradients_are_finite()):
            if self.scale is not None:
                self.scale.grow()
            self.skipped, self._good_loss = 0, loss
            return True
        self._leave_out(iteration, value)
        return False

    def note(self, loss: Tensor) -> None:
        """Check an iteration on the device; `look` reads what was noted so far."""
        if self.param.action != NonFiniteParameter.IGNORE:
            self._poison += (loss + self._norm()) * 0  # stays NaN once it is

    def look_if_due(self, first: int, count: int) -> None:
        """Read the deferred checks before some iterations, if one of them ends an interval; see `look`."""
        if not self._has_looked or -first % self.interval < count:
            self.look(first)

    def loss_instead(self, loss: Tensor) -> Tensor:
        """The loss to report for a skipped iteration: if not finite, the last good one, if any."""
        return loss if self._good_loss is None or bool(torch.isfinite(loss)) else self._good_loss

    def look(self, iteration: int) -> None:
        """Read the deferred checks and the label checks from the device; waits for it.

        Raises:
            DataError: a label was out of range.
            NonFiniteError: a loss or gradient up to this iteration was not finite.
        """
        if self.net.device.type != "cpu":
            check_labels(self.net)
        self._has_looked = True
        if not self.deferred or self.param.action == NonFiniteParameter.IGNORE:
            return
        if not self._agreed(math.isfinite(self._poison.item())):
            self.found(iteration)
        if self.looked is not None:
            self.looked(iteration)

    def _gradients_are_finite(self) -> bool:
        if math.isfinite(self._norm().item()):
            return True
        return all(bool(gradient.isfinite().all()) for gradient in self._gradients())

    def _gradients(self) -> list[Tensor]:
        """The current gradients; with several processes, their addresses change in the first iteration."""
        return [param.grad for param in self._params if param.grad is not None]

    def _norm(self) -> Tensor:
        """A number that is finite only if all gradients are.

        On a GPU it is the largest element. On a CPU it is the sum, which is faster but can overflow.
        """
        gradients = self._gradients()
        if self.net.device.type == "cpu":
            return torch.stack([gradient.sum() for gradient in gradients]).sum()
        return torch.stack(torch._foreach_norm(gradients, math.inf)).sum()

    def _leave_out(self, iteration: int, loss: float) -> None:
        self.restore()
        scale, ignore = self.scale, self.param.action == NonFiniteParameter.IGNORE
        if scale is not None and (ignore or (math.isfinite(loss) and not scale.is_spent)):
            scale.shrink()
            said = "Iteration %d makes no update%s: loss scale is now %s"
            log.info(said, iteration, self._what, number(scale.value))
            return
        self.skipped += 1
        if self.param.action != NonFiniteParameter.SKIP or self.skipped > self.param.max_skips:
            self.found(iteration)
        what = f"loss = {number(loss)}" if not math.isfinite(loss) else "a gradient is not finite"
        log.warning(
            "Iteration %d makes no update%s: %s (%d of %d)",
            iteration,
            self._what,
            what,
            self.skipped,
            self.param.max_skips,
        )


def carried_tensors(net: Net) -> list[Tensor]:
    """Tensors that layers change during a pass, other than tops: statistics and buffers."""
    found: dict[int, Tensor] = {}
    for layer in net.ordered_layers():
        for own, blob in zip(layer.own_params, layer.blobs, strict=True):
            if not own.learns:
                found[id(blob)] = blob.detach()
        for name, buffer in layer.named_buffers():
            if not name.endswith("label_range"):
                found[id(buffer)] = buffer
    return list(found.values())
