"""What ScheduleFreeSGD and ScheduleFreeAdamW share: three sets of params, and their mean."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.evaluated_weights import EvaluatedWeights
from layerzoo.optimizer.rule import UpdateParam
from layerzoo.optimizer.update_rule import Group, UpdateRule, descend
from layerzoo.schema import SolverParameter

_SUM, _LARGEST = range(2)
"""Indices into the numbers."""


class ScheduleFree(UpdateRule):
    """Base of rules whose params are y, between the params z of plain descent and their mean x.

    ``y = (1 - b) z + b x``, b is ``momentum``; ``z = z - lr * step``; ``x = (1 - c) x + c z`` with c the
    share of this iteration's weight in the sum of all weights.

    Attributes:
        numbers: the sum of all weights, and the largest learning rate.
    """

    keeps_steps = True  # z of a param that doesn't train is not to be followed

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        dtype = torch.float32 if self.device.type == "mps" else torch.float64  # which MPS doesn't have
        self.numbers = torch.zeros(2, dtype=dtype, device=self.device)
        self._share = torch.zeros((), dtype=dtype, device=self.device)
        self._history.append(self.numbers)

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver)
        if not 0 < solver.momentum < 1:
            message = f"momentum is {solver.momentum:g}; {cls.type_name} needs it above 0 and below 1"
            faults.append(Fault(message, field="momentum", hint="0.9 is usual"))
        between = "its params lie between two others"
        refused = {
            "ema_param": "tests and publishing use a mean of the params of its own",
            "snapshot_format": "Caffe's files have no room for the weights of tests beside those that train",
            "clamp_weights_lower": between,
            "clamp_weights_upper": between,
        }
        given = {field: why for field, why in refused.items() if solver.HasField(field)}
        if solver.clip_weights >= 0:
            given["clip_weights"] = between
        if solver.decoupled_weight_decay and not cls.own_decay:
            given["decoupled_weight_decay"] = between
        for field, why in given.items():
            message = f"{field} doesn't work with {cls.type_name}: {why}"
            faults.append(Fault(message, field=field, hint="leave it out"))
        for name in ("lr_power", "power"):
            value = getattr(solver.schedule_free_param, name)
            if not value >= 0:
                message = f"schedule_free_param.{name} is {value:g}; it has to be 0 or more"
                faults.append(Fault(message, field=f"schedule_free_param.{name}"))
        return faults

    def slot(self, number: int, param: UpdateParam) -> Tensor:
        """A copy of the param, z, then zeros."""
        return param.param.detach().clone() if number == 0 else super().slot(number, param)

    def evaluated_weights(self) -> EvaluatedWeights:
        """The weights x."""
        return MeanWeights(self)

    @torch.no_grad()
    def step(self, lr: float | Tensor, iteration: int | Tensor, loss_scale: float | Tensor = 1.0) -> None:
        """Make one update from ``param.grad``, which is overwritten; see `UpdateRule.step`."""
        param, largest = self.solver.schedule_free_param, self.numbers[_LARGEST]
        if isinstance(lr, Tensor):
            largest.copy_(torch.maximum(largest, lr.to(largest.dtype)))
        else:
            largest.clamp_(min=lr)
        weight = largest**param.lr_power * (iteration + 1) ** param.power
        self.numbers[_SUM] += weight
        total = self.numbers[_SUM]
        self._share.copy_(torch.where(total > 0, weight / total, 0.0))
        super().step(lr, iteration, loss_scale)

    def move(self, group: Group, steps: list[Tensor], rate: float | Tensor) -> None:
        """Make a step of each param; steps may be overwritten."""
        params, origins = group.params, group.slots[0]
        share = self._share.to(params[0].dtype)
        towards = torch._foreach_sub(origins, params)
        torch._foreach_mul_(towards, share)
        torch._foreach_add_(params, towards)
        # y goes along with z, and with x, which takes up the share of z
        pull = torch._foreach_mul(steps, rate * (1 - self.solver.momentum * (1 - share)))
        torch._foreach_sub_(params, pull)
        descend(origins, steps, rate)


class MeanWeights(EvaluatedWeights):
    """The weights x of a rule: ``x = (y - (1 - b) z) / b``.

    Params with an ``lr_mult`` of 0 stand for themselves.

    Args:
        rule: the rule.
    """

    updates = False

    def __init__(self, rule: ScheduleFree) -> None:
        super().__init__([each.param for each in rule.params])
        self._rule = rule
        self._moving = [place for place, each in enumerate(rule.params) if each.lr_mult]

    @property
    def means(self) -> list[Tensor]:
        """The mean of each param, computed anew."""
        means = [each.param.detach().clone() for each in self._rule.params]
        if self._moving:
            origins = [self._rule.history[place] for place in self._moving]
            moving = [means[place] for place in self._moving]
            torch._foreach_lerp_(moving, origins, 1 - 1 / self._rule.solver.momentum)
        return means

    def restart(self) -> None:
        """Begin with the current params, unless an update was made."""
        if self._rule.params and not self._rule.numbers[_SUM]:
            params = [each.param.detach() for each in self._rule.params]
            torch._foreach_copy_(self._rule.history[: len(params)], params)

    def update(self, iteration: int) -> None:
        """Do nothing: the rule has updated z."""

    def load(self, saved: Sequence[Tensor]) -> None:
        """Check the `means` of a snapshot; they follow from its weights and history.

        Raises:
            SnapshotError: see `check`.
        """
        self.check(saved)
