"""Rates of single params, proportional to their norms, in SGD: ``larc`` and ``local_lr_auto`` of forks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.schema import SolverParameter

LARC_POLICIES: Final = ("scale", "clip")
"""The values of ``larc_policy``."""


def has_local_rates(solver: SolverParameter) -> bool:
    """Whether each param has a rate of its own."""
    return solver.larc or solver.local_lr_auto


def local_rate_faults(solver: SolverParameter, rule: str) -> list[Fault]:
    """Faults of the fields of local rates; each names its field.

    Args:
        solver: the solver.
        rule: its update rule.
    """
    given = [field for field in ("larc", "local_lr_auto") if getattr(solver, field)]
    faults = [
        Fault(f"{field} works with type SGD and Nesterov, not with {rule}", field=field)
        for field in given
        if rule not in ("SGD", "Nesterov")
    ]
    if len(given) == 2:
        faults.append(Fault("larc and local_lr_auto exclude each other", field="larc", hint="give one"))
    if solver.larc_policy not in LARC_POLICIES:
        message = f"unknown larc_policy '{solver.larc_policy}'"
        faults.append(Fault(message, field="larc_policy", hint=f"expected {' or '.join(LARC_POLICIES)}"))
    return faults


def local_factors(
    solver: SolverParameter,
    params: list[Tensor],
    gradients: list[Tensor],
    lr: float | Tensor,
    lr_mult: float,
    norms_of: Callable[[list[Tensor]], Tensor],
) -> list[Tensor]:
    """The factor on each gradient that gives its param a rate of its own, in place of ``lr * lr_mult``.

    ``larc``: ``eta * |w| / |g|`` times the learning rate, or with ``larc_policy: "clip"`` the smaller of the
    two. ``local_lr_auto``: ``ratio * |w| / (|g| + weight_decay * |w|)`` times the learning rate. Where a norm
    is 0, 1 stands for the ratio. Sources: NVIDIA's and Intel's forks of Caffe; You, Gitman and Ginsburg 2017,
    arXiv 1708.03888.

    Args:
        solver: the solver.
        params: w.
        gradients: g, with weight decay.
        lr: the learning rate.
        lr_mult: the params' multiplier, not 0.
        norms_of: gives the L2 norm of each of some tensors.
    """
    norms = norms_of(params)
    slopes = norms_of(gradients)
    defined = (norms > 0) & (slopes > 0)
    if solver.larc:
        ratios = torch.where(defined, solver.larc_eta * norms / slopes, 1.0)
    else:
        ratios = solver.local_gw_ratio * norms / (slopes + solver.weight_decay * norms)
        ratios = torch.where(defined, ratios, 1.0)
    clips = solver.larc and solver.larc_policy == "clip"
    rates = ratios.clamp(max=lr) if clips else ratios * lr
    usual = lr * lr_mult
    if isinstance(usual, Tensor):
        return list(torch.where(usual != 0, rates / usual, 0.0).unbind())
    return list((rates / usual if usual else torch.zeros_like(rates)).unbind())
