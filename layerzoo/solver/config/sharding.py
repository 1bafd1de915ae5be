"""What a solver whose processes hold parts of the params (``sharding: FULL``) can't be combined with."""

from __future__ import annotations

from collections.abc import Sequence

from layerzoo.errors import Fault
from layerzoo.graph import Graph
from layerzoo.optimizer import RULES, rule_name
from layerzoo.schema import EngineParameter, GradientCompression, ParamSharding, SolverParameter

_FIELD = "distributed_param.sharding"
_IDLE = ("bucket_mb", "static_graph")
"""Fields of the settings of gradients that are averaged in another way."""


def sharding_faults(param: SolverParameter) -> list[Fault]:
    """Faults of settings that sharding excludes; each names the field of one of both."""
    if param.distributed_param.sharding != ParamSharding.FULL:
        return []
    faults = [
        Fault(f"sharding: FULL, but {why}", field=field, hint=hint)
        for acts, field, why, hint in (*_of_rule(param), *_of_others(param))
        if acts
    ]
    return faults + _engine_faults(param.engine_param, "engine_param")


def sharding_net_faults(param: SolverParameter, graph: Graph) -> list[Fault]:
    """Faults of a training net's own ``engine_param``, where the solver has none."""
    if param.distributed_param.sharding != ParamSharding.FULL or param.HasField("engine_param"):
        return []
    return _engine_faults(graph.engine, _FIELD)


def sharding_warnings(param: SolverParameter, processes: int) -> list[Fault]:
    """Warnings of settings without effect.

    Args:
        param: the solver's config, without faults.
        processes: number of processes that train together.
    """
    given = param.distributed_param
    if given.sharding != ParamSharding.FULL:
        if not given.HasField("sharding_param"):
            return []
        message = "sharding_param has no effect without sharding: FULL"
        return [Fault(message, field="distributed_param.sharding_param")]
    if processes == 1:
        return [Fault("sharding has no effect in a single process", field=_FIELD)]
    return [
        Fault(f"{name} has no effect with sharding: FULL", field=f"distributed_param.{name}")
        for name in _IDLE
        if given.HasField(name)
    ]


Obstacle = tuple[bool, str, str, str]
"""Whether something is set, its field, why it can't be combined, and what to do."""


def _of_rule(param: SolverParameter) -> Sequence[Obstacle]:
    rule = RULES[rule_name(param)]
    able = ", ".join(sorted(name for name in RULES if RULES[name].takes_rows))
    needs = "takes all data in each iteration" if rule.full_batch else "needs whole params"
    return (
        (not rule.takes_rows, "type", f"{rule_name(param)} {needs}", f"the types are {able}; or {_REMOVE}"),
        (bool(param.update), "update", "several updates share params", _REMOVE),
        (
            param.HasField("gradient_noise_param"),
            "gradient_noise_param",
            "noise is drawn for whole gradients",
            _ONE_OF_BOTH,
        ),
        (param.HasField("ema_param"), "ema_param", "averaged weights are whole params", _ONE_OF_BOTH),
    )


def _of_others(param: SolverParameter) -> Sequence[Obstacle]:
    given, board = param.distributed_param, param.tensorboard_param
    shows = board.histogram_interval > 0 or board.filter_interval > 0
    compresses = given.compression != GradientCompression.NONE
    return (
        (
            compresses,
            "distributed_param.compression",
            "parts of gradients are sent as they are",
            _ONE_OF_BOTH,
        ),
        (
            bool(given.average_every),
            "distributed_param.average_every",
            "local SGD needs whole params in each process",
            _ONE_OF_BOTH,
        ),
        (param.debug_info, "debug_info", "it runs layers one by one and looks at whole params", _ONE_OF_BOTH),
        (bool(param.watch), "watch", "it runs layers one by one", _ONE_OF_BOTH),
        (
            shows,
            "tensorboard_param",
            "its histograms and filters show whole params",
            "set its intervals to 0",
        ),
        (
            param.HasField("snapshot_format"),
            "snapshot_format",
            "Caffe's files hold whole history",
            "native snapshots are always written, and layerzoo converts their weights: leave it out",
        ),
    )


def _engine_faults(engine: EngineParameter, field: str) -> list[Fault]:
    """Faults of how iterations run."""
    name = EngineParameter.Engine.Name(engine.engine)
    faults = []
    if name in ("COMPILE", "GRAPH"):
        message = f"sharding: FULL, but engine: {name} has all params at fixed addresses"
        faults.append(Fault(message, field=field, hint="engine: EAGER; or remove one of both"))
    if engine.layout == EngineParameter.CHANNELS_LAST:
        message = "sharding: FULL, but layout: CHANNELS_LAST moves filters within their rows"
        faults.append(Fault(message, field=field, hint="layout: NCHW"))
    return faults


_REMOVE = "remove sharding from distributed_param"
_ONE_OF_BOTH = "remove one of both"
