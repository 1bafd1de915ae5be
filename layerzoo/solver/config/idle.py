"""Fields of a solver that are given and do nothing, because what they speak of isn't asked for."""

from __future__ import annotations

from collections.abc import Callable

from layerzoo.errors import Fault
from layerzoo.optimizer import rule_name
from layerzoo.schema import SolverParameter

_ACTS_WITH: dict[str, tuple[str, Callable[[SolverParameter], bool]]] = {
    "lars_param": ("type LARS", lambda p: rule_name(p) == "LARS"),
    "lbfgs_param": ("type LBFGS", lambda p: rule_name(p) == "LBFGS"),
    "nonlinear_cg_param": ("type NonlinearCG", lambda p: rule_name(p) == "NonlinearCG"),
    "line_search_param": ("type LBFGS or NonlinearCG", lambda p: rule_name(p) in {"LBFGS", "NonlinearCG"}),
    "cosine_param": ("lr_policy cosine", lambda p: p.lr_policy == "cosine"),
    "one_cycle_param": ("lr_policy one_cycle", lambda p: p.lr_policy == "one_cycle"),
    "plateau_param": ("lr_policy plateau", lambda p: p.lr_policy == "plateau"),
    "snapshot_diff": ("snapshot_format", lambda p: not p.snapshot_diff or p.HasField("snapshot_format")),
}
"""By field: what it acts with, and whether a solver has that."""


def idle_fields(param: SolverParameter) -> list[Fault]:
    """A warning for each field that is given and does nothing; each names its field.

    Caffe's settings of learning rate and update rule are not among them: published solvers are full of them.
    """
    return [
        Fault(f"{field} is given, but it acts with {what} only", field=field)
        for field, (what, acts) in _ACTS_WITH.items()
        if param.HasField(field) and not acts(param)
    ]
