"""Base of rules that make one update from the gradients of their params.

Before a rule's own formula come, in Caffe's order: clipping by the norm of all gradients, division by
``iter_size``, noise, and weight decay. Nothing in this module synchronises with the device.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from math import inf
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.local_rate import has_local_rates, local_factors, local_rate_faults
from layerzoo.optimizer.rule import Rule, UpdateParam, l1_share
from layerzoo.schema import SolverParameter
from layerzoo.seeds import stable_seed

_SMALLEST = 1e-38
"""The smallest factor with a finite reciprocal in single precision."""


Tensors = list[Tensor] | tuple[Tensor, ...]


class Step(NamedTuple):
    """The numbers of one update of a group.

    Attributes:
        rate: the learning rate times the group's ``lr_mult``; in a recorded step a tensor of shape ().
        iteration: from 0; a tensor like ``rate``, of doubles.
        decay: weight decay that `UpdateRule.update` has to apply; 0 if already applied.
        scale: factor that `UpdateRule.update` has to apply to gradients; 1 if already applied, and always for
            a rule that is not ``fused``.
    """

    rate: float | Tensor
    iteration: int | Tensor
    decay: float
    scale: float | Tensor

    @property
    def is_scaled(self) -> bool:
        """Whether gradients need no further scaling."""
        return not isinstance(self.scale, Tensor) and self.scale == 1


class Group:
    """Params with equal multipliers, updated by one call of torch.

    Attributes:
        params: their tensors.
        slots: the params' history, one list per slot of the rule.
        lr_mult: their ``lr_mult``.
        decay: the weight decay times their ``decay_mult``.
        kind: what `UpdateRule.kind` says of each of them.
    """

    def __init__(
        self,
        params: list[Tensor],
        slots: list[list[Tensor]],
        lr_mult: float,
        decay: float,
        kind: Hashable = None,
    ) -> None:
        self.params, self.slots, self.lr_mult, self.decay, self.kind = params, slots, lr_mult, decay, kind
        self._zeros = [] if lr_mult else [torch.zeros_like(param) for param in params]
        self._reciprocal = torch.ones((), device=params[0].device)
        self._factor = 1.0

    @property
    def is_wide(self) -> bool:
        """Whether the params are FP64."""
        return self.params[0].dtype == torch.float64

    def gradients(self) -> list[Tensor]:
        """The params' gradients; zeros for params with an ``lr_mult`` of 0, as in Caffe."""
        if self._zeros:
            self._zeros = list(map(_laid_out_as, self.params, self._zeros))
            torch._foreach_zero_(self._zeros)
            return self._zeros
        return [
            _zero_gradient(param) if param.grad is None else _laid_out_as(param, param.grad)
            for param in self.params
        ]

    def reciprocal(self, factor: float | Tensor) -> Tensor:
        """``1 / factor`` as the tensor that fused kernels divide gradients by."""
        if isinstance(factor, Tensor):
            return factor.reciprocal()
        if factor != self._factor:
            self._reciprocal.fill_(1 / factor if abs(factor) > _SMALLEST else inf)
            self._factor = factor
        return self._reciprocal


class UpdateRule(Rule):
    """Base of rules that make one update from the gradients.

    Attributes:
        slots: number of history tensors per param.
        fused: whether `update` applies ``Step.scale`` and adds ``Step.decay`` of each param to its gradient.
        own_decay: whether weight decay is a term of the formula; `update` then always gets ``Step.decay``.
        keeps_steps: whether history holds steps, which include the learning rate; the history of a param with
            an ``lr_mult`` of 0 then stays 0.
        running_means: fields that are the share of the past in a running mean: at least 0 and below 1.
        groups: the params to update.
        join_norms: gives the norms of whole tensors from those of the parts that this process holds, and
            these parts; None where it holds whole tensors.
    """

    slots: ClassVar[int] = 1
    fused: bool = False
    own_decay: ClassVar[bool] = False
    keeps_steps: ClassVar[bool] = False
    running_means: ClassVar[tuple[str, ...]] = ()

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        self._history = [self.slot(number, p) for number in range(self.slots) for p in self.params]
        self._regularize = self._regularizer()
        self._noisy = solver.HasField("gradient_noise_param")
        self._local = has_local_rates(solver)
        self._limits = _limits(solver)
        self.join_norms: Callable[[Tensor, list[Tensor]], Tensor] | None = None
        self._folds = self.fused and not self._noisy and not self._local and self._regularize is None
        self.groups = self._grouped()

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver) + local_rate_faults(solver, cls.type_name)
        for field in cls.running_means:
            value = getattr(solver, field)
            if not 0 <= value < 1:
                message = f"{field} is {value:g}; {cls.type_name} needs it at least 0 and below 1"
                faults.append(Fault(message, field=field))
        kind = solver.regularization_type
        if kind in ("L1", "L1L2") and (cls.own_decay or solver.decoupled_weight_decay):
            who = cls.type_name if cls.own_decay else "decoupled_weight_decay"
            message = (
                f"regularization_type {kind} doesn't work with {who}, "
                "whose decay is proportional to the params"
            )
            faults.append(Fault(message, field="regularization_type", hint="leave it out"))
        if solver.decoupled_weight_decay and cls.own_decay:
            message = (
                f"{cls.type_name} has a weight decay of its own; decoupled_weight_decay can't replace it"
            )
            faults.append(Fault(message, field="decoupled_weight_decay", hint="leave it out"))
        return faults

    @torch.no_grad()
    def step(self, lr: float | Tensor, iteration: int | Tensor, loss_scale: float | Tensor = 1.0) -> None:
        """Make one update from ``param.grad``, which is overwritten.

        Args:
            lr: the learning rate; as a tensor of shape () on the device, it is read there, in each replay of
                a recorded step. Not with gradient noise.
            iteration: from 0; a tensor, of doubles, if ``lr`` is one.
            loss_scale: the factor on the loss, and so on each gradient.
        """
        gradients = [group.gradients() for group in self.groups]
        moving = [g for group, gs in zip(self.groups, gradients, strict=True) if group.lr_mult for g in gs]
        scale = self._scale(moving, loss_scale) if moving else 1.0
        if moving and not self._folds:
            if isinstance(scale, Tensor) or scale != 1:
                torch._foreach_mul_(moving, scale)
                scale = 1.0
            if self._noisy:
                self._add_noise(moving, iteration)
        for group, grads in zip(self.groups, gradients, strict=True):
            rate, decay = lr * group.lr_mult, group.decay
            if decay and self._regularize is not None:
                self._regularize(group, grads, rate)
                decay = 0.0
            if self._local and group.lr_mult:
                factors = local_factors(self.solver, group.params, grads, lr, group.lr_mult, self.norms)
                torch._foreach_mul_(grads, factors)
            step = Step(rate, iteration, decay, scale if group.lr_mult else 1.0)
            if group.is_wide and not step.is_scaled:  # fused kernels take the scale in FP32
                torch._foreach_mul_(grads, step.scale)
                step = step._replace(scale=1.0)
            self.update(group, grads, step)
            if self._limits is not None and group.lr_mult:
                torch._foreach_clamp_max_(group.params, self._limits[1])
                torch._foreach_clamp_min_(group.params, self._limits[0])

    def kind(self, param: UpdateParam) -> Hashable:
        """What tells params apart that `update` treats in different ways; each group has one kind."""
        return None

    def slot(self, number: int, param: UpdateParam) -> Tensor:
        """A param's history tensor at the beginning: zeros of its shape, unless a rule keeps others."""
        return torch.zeros_like(param.param).detach()

    @abstractmethod
    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Apply the rule's formula to the params of a group, in place; gradients may be overwritten."""

    def norms(self, tensors: list[Tensor]) -> Tensor:
        """The L2 norm of each of some tensors, as a vector on their device."""
        own = torch.stack(torch._foreach_norm(tensors))
        return own if self.join_norms is None else self.join_norms(own, tensors)

    def _scale(self, moving: list[Tensor], loss_scale: float | Tensor) -> float | Tensor:
        """The factor of clipping and ``iter_size`` on gradients. Source: Caffe's ``ClipGradients``."""
        limit, share = self.solver.clip_gradients, 1 / self.solver.iter_size
        if limit < 0:
            return share / loss_scale
        norm = torch.linalg.vector_norm(self.norms(moving)) / loss_scale
        return torch.where(norm > limit, limit / norm, 1.0) * (share / loss_scale)

    def _add_noise(self, moving: list[Tensor], iteration: int | Tensor) -> None:
        assert not isinstance(iteration, Tensor), "the generator's seed depends on it"
        noise = self.solver.gradient_noise_param
        deviation = (noise.eta / (1 + iteration) ** noise.gamma) ** 0.5
        device = moving[0].device
        generator = torch.Generator(device).manual_seed(stable_seed(self.seed, "gradient noise", iteration))
        sizes = [gradient.numel() for gradient in moving]
        drawn = torch.split(torch.randn(sum(sizes), generator=generator, device=device), sizes)
        shaped = [part.view(gradient.shape) for part, gradient in zip(drawn, moving, strict=True)]
        torch._foreach_add_(moving, shaped, alpha=deviation)

    def _regularizer(self) -> Callable[[Group, list[Tensor], float | Tensor], None] | None:
        """The function that applies weight decay before `update`; None if `update` does."""
        if self.own_decay:
            return None
        if self.solver.decoupled_weight_decay:
            return _decay_params
        if share := l1_share(self.solver):
            return _add_sign if share == 1 else partial(_add_both, share)
        noisy = self.solver.HasField("gradient_noise_param")
        return None if self.fused and not noisy and not has_local_rates(self.solver) else _add_params

    def _grouped(self) -> list[Group]:
        solver = self.solver
        decays_gradients = not self.own_decay and not solver.decoupled_weight_decay and not self.keeps_steps
        members: dict[tuple[object, ...], list[int]] = {}
        for index, each in enumerate(self.params):
            param, decay = each.param, solver.weight_decay * each.decay_mult
            if each.lr_mult or (decay and decays_gradients):
                key = (each.lr_mult, decay, param.dtype, param.device, self.kind(each))
                members.setdefault(key, []).append(index)
        count, groups = len(self.params), []
        for indices in members.values():
            slots = [[self._history[slot * count + i] for i in indices] for slot in range(self.slots)]
            first = self.params[indices[0]]
            tensors: list[Tensor] = [self.params[i].param for i in indices]
            decay = solver.weight_decay * first.decay_mult
            groups.append(Group(tensors, slots, first.lr_mult, decay, self.kind(first)))
        return groups


def scaled_and_decayed(group: Group, gradients: list[Tensor], step: Step) -> Step:
    """Change gradients as a fused kernel does first; returns the step that is left."""
    if not step.is_scaled:
        torch._foreach_mul_(gradients, step.scale)
    if step.decay:
        torch._foreach_add_(gradients, group.params, alpha=step.decay)
    return step._replace(decay=0.0, scale=1.0)


def descend(
    params: list[Tensor], steps: Tensors, rate: float | Tensor, divisors: Tensors | None = None
) -> None:
    """``param -= rate * step / divisor``; steps may be overwritten."""
    if not isinstance(rate, Tensor):
        if divisors is None:
            torch._foreach_add_(params, steps, alpha=-rate)
        else:
            torch._foreach_addcdiv_(params, steps, divisors, -rate)
        return
    torch._foreach_mul_(steps, rate)
    if divisors is not None:
        torch._foreach_div_(steps, divisors)
    torch._foreach_sub_(params, steps)


def _add_params(group: Group, gradients: list[Tensor], rate: float | Tensor) -> None:
    torch._foreach_add_(gradients, group.params, alpha=group.decay)


def _add_sign(group: Group, gradients: list[Tensor], rate: float | Tensor) -> None:
    torch._foreach_add_(gradients, torch._foreach_sign(group.params), alpha=group.decay)


def _add_both(share: float, group: Group, gradients: list[Tensor], rate: float | Tensor) -> None:
    """Add the subgradient of an elastic net; ``share`` is that of L1."""
    torch._foreach_add_(gradients, torch._foreach_sign(group.params), alpha=share * group.decay)
    torch._foreach_add_(gradients, group.params, alpha=(1 - share) * group.decay)


def _decay_params(group: Group, gradients: list[Tensor], rate: float | Tensor) -> None:
    torch._foreach_mul_(group.params, 1 - rate * group.decay)


def _laid_out_as(param: Tensor, gradient: Tensor) -> Tensor:
    """A gradient in the layout of its param, in which fused kernels read both."""
    if gradient.stride() == param.stride():
        return gradient
    return torch.empty_like(param).copy_(gradient)


def _zero_gradient(param: Tensor) -> Tensor:
    """Give a param that the loss doesn't reach a gradient of zeros, to which weight decay is added."""
    param.grad = torch.zeros_like(param)
    return param.grad


def _limits(solver: SolverParameter) -> tuple[float, float] | None:
    """Smallest and largest value of params; None without limits. Source: caffe-windows."""
    if solver.clip_weights >= 0:
        return -solver.clip_weights, solver.clip_weights
    if solver.HasField("clamp_weights_lower") or solver.HasField("clamp_weights_upper"):
        return solver.clamp_weights_lower, solver.clamp_weights_upper
    return None
