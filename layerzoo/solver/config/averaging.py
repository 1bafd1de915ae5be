"""How processes average gradients or weights: settings that exclude each other or have no effect."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.optimizer import RULES, Rule, rule_name
from layerzoo.schema import FP16, GradientCompression, SolverParameter

_FIELD = "distributed_param."
_OVERLAP = ("bucket_mb", "static_graph", "compression", "power_sgd_param")
"""Fields that act on gradients which are averaged while the backward pass goes on."""
_LOCAL = ("average_every", "average_after")


def averaging_faults(param: SolverParameter) -> list[Fault]:
    """Faults of settings that exclude each other; each names its field."""
    given, faults = param.distributed_param, []
    if given.compression == GradientCompression.POWER_SGD and _computes_in_fp16(param):
        message = (
            "compression: POWER_SGD keeps what it leaves out of gradients, which FP16's loss scale changes"
        )
        hint = "precision BF16 has no scale; or compression: BF16"
        faults.append(Fault(message, field=f"{_FIELD}compression", hint=hint))
    if given.average_every:
        faults += [
            Fault(f"average_every, but {why}", field=f"{_FIELD}average_every", hint=hint)
            for acts, why, hint in _obstacles(param)
            if acts
        ]
    return faults


def averaging_warnings(param: SolverParameter, processes: int) -> list[Fault]:
    """Warnings of settings without effect, and of files from which no run goes on exactly.

    Args:
        param: the solver's config, without faults.
        processes: number of processes that train together.
    """
    given = param.distributed_param
    fields = [name for name in (*_OVERLAP, *_LOCAL) if given.HasField(name)]
    if processes == 1:
        return [_idle(name, "in a single process") for name in fields]
    compression, found = given.compression, []
    why = _not_overlapped(param)
    if why is not None:
        found += [_idle(name, f"since {why}") for name in fields if name in _OVERLAP]
    elif compression != GradientCompression.POWER_SGD and given.HasField("power_sgd_param"):
        found.append(_idle("power_sgd_param", "without compression: POWER_SGD"))
    if given.HasField("average_after") and not given.average_every:
        found.append(_idle("average_after", "without average_every"))
    keeps = compression == GradientCompression.POWER_SGD and why is None
    if param.HasField("snapshot_format") and (keeps or given.average_every):
        message = "Caffe's files have no room for what each process keeps: a run resumed from them differs"
        hint = "resume from the native snapshots in the run's folder"
        found.append(Fault(message, field="snapshot_format", hint=hint))
    return found


def _idle(name: str, why: str) -> Fault:
    return Fault(f"{name} has no effect {why}", field=_FIELD + name)


def _obstacles(param: SolverParameter) -> list[tuple[bool, str, str]]:
    """What can't be combined with local SGD: whether it is set, why not, and what to do."""
    rule = RULES[rule_name(param)]
    rules = [RULES[update.type] for update in param.update if update.HasField("type")]
    others = [
        each.__name__ for each in (rule, *rules) if each.evaluated_weights is not Rule.evaluated_weights
    ]
    remove = "remove average_every"
    return [
        (rule.full_batch, f"{rule_name(param)} takes all data in each iteration", remove),
        (any(update.loss for update in param.update), "updates with losses take turns", remove),
        (bool(others), f"{', '.join(others)} tests other weights than it trains", "choose another type"),
        (
            param.HasField("ema_param"),
            "ema_param averages the weights of one process over iterations",
            "remove one of them",
        ),
        (
            param.distributed_param.sync_batch_norm,
            "sync_batch_norm takes statistics of processes whose weights are the same",
            "remove one of them",
        ),
    ]


def _not_overlapped(param: SolverParameter) -> str | None:
    """Why gradients aren't averaged while the backward pass goes on; None if they are."""
    if not param.layer_wise_reduce:
        return "layer_wise_reduce is false: gradients are averaged after the pass"
    if param.debug_info:
        return "debug_info looks at gradients layer by layer: they are averaged after the pass"
    if RULES[rule_name(param)].full_batch:
        return f"{rule_name(param)} takes all data in each iteration: gradients are averaged after the pass"
    if any(update.loss for update in param.update):
        return "updates take turns: gradients are averaged after the pass"
    given = param.distributed_param
    if given.average_every and not given.average_after:
        return "average_every averages weights: gradients are those of each process"
    return None


def _computes_in_fp16(param: SolverParameter) -> bool:
    return FP16 in (param.precision, *(each.precision for each in param.layer_precision))
