"""Find fields of a solver that are set but have no effect."""

from __future__ import annotations

from collections.abc import Callable

from layerzoo.errors import Fault
from layerzoo.optimizer import RULES, FullBatchRule, rule_name
from layerzoo.schema import SolverParameter


def _searches(param: SolverParameter) -> bool:
    rule = RULES[rule_name(param)]
    return issubclass(rule, FullBatchRule) and rule.searches(param)


_ACTS_WITH: dict[str, tuple[str, Callable[[SolverParameter], bool]]] = {
    "lars_param": ("type LARS", lambda p: rule_name(p) == "LARS"),
    "lbfgs_param": ("type LBFGS", lambda p: rule_name(p) == "LBFGS"),
    "nonlinear_cg_param": ("type NonlinearCG", lambda p: rule_name(p) == "NonlinearCG"),
    "newton_param": ("type Newton", lambda p: rule_name(p) == "Newton"),
    "newton_cg_param": ("type NewtonCG", lambda p: rule_name(p) == "NewtonCG"),
    "gauss_newton_param": ("type GaussNewton", lambda p: rule_name(p) == "GaussNewton"),
    "bfgs_param": ("type BFGS", lambda p: rule_name(p) == "BFGS"),
    "annealing_param": ("type SimulatedAnnealing", lambda p: rule_name(p) == "SimulatedAnnealing"),
    "muon_param": ("type Muon", lambda p: rule_name(p) == "Muon"),
    "adafactor_param": ("type Adafactor", lambda p: rule_name(p) == "Adafactor"),
    "schedule_free_param": (
        "type ScheduleFreeSGD or ScheduleFreeAdamW",
        lambda p: rule_name(p) in {"ScheduleFreeSGD", "ScheduleFreeAdamW"},
    ),
    "line_search_param": ("a type that searches along a direction, such as LBFGS", _searches),
    "l1_ratio": ('regularization_type: "L1L2"', lambda p: p.regularization_type == "L1L2"),
    "cosine_param": ("lr_policy cosine", lambda p: p.lr_policy == "cosine"),
    "one_cycle_param": ("lr_policy one_cycle", lambda p: p.lr_policy == "one_cycle"),
    "plateau_param": ("lr_policy plateau", lambda p: p.lr_policy == "plateau"),
    "snapshot_diff": ("snapshot_format", lambda p: not p.snapshot_diff or p.HasField("snapshot_format")),
}
"""By field: the setting that it needs, and whether a solver has it."""

_TUNES = {
    "engine": "kernels of Intel's fork",
    "store_blobs_in_old_format": "a file format of NVIDIA's fork",
    "larc_turbo": "kernels of NVIDIA's fork",
}
"""By field of a fork: what it selects there; it changes no number."""


def idle_fields(param: SolverParameter) -> list[Fault]:
    """A warning for each field that is set but has no effect; each names its field.

    Caffe's settings of learning rate and update rule are exempt: published solvers set many unused ones.
    """
    idle = [
        Fault(f"{field} is given, but it has no effect without {what}", field=field)
        for field, (what, acts) in _ACTS_WITH.items()
        if param.HasField(field) and not acts(param)
    ]
    tuning = [
        Fault(f"{field} has no effect here: it selects {what}", field=field)
        for field, what in _TUNES.items()
        if param.HasField(field)
    ]
    return idle + tuning
