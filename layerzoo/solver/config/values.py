"""Check the numbers of a solver: values with which training can't work, and values that are unlikely meant.

The settings of learning rate policies and update rules are checked beside them; here stand the fields of the
loop, and what holds for all policies and rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf, isfinite
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from layerzoo.errors import Fault
from layerzoo.schema import SolverParameter, fields


class _Range(NamedTuple):
    """The values that a field takes: from ``low``, included if ``closed``, up to ``high``, excluded."""

    low: float
    high: float = inf
    closed: bool = True

    def holds(self, value: float) -> bool:
        """Whether a value is in the range."""
        return (self.low <= value if self.closed else self.low < value) and value < self.high

    def __str__(self) -> str:
        low = f"{self.low:g} or more" if self.closed else f"above {self.low:g}"
        return " and ".join(
            ([low] if self.low > -inf else []) + ([f"below {self.high:g}"] if self.high < inf else [])
        )


_RANGES: Final = {
    "max_iter": _Range(0),
    "display": _Range(0),
    "test_interval": _Range(0),
    "snapshot": _Range(0),
    "average_loss": _Range(1),
    "device_id": _Range(0),
    "momentum": _Range(-inf, 1),
    "delta": _Range(0),
    "non_finite_param.max_skips": _Range(0),
    "non_finite_param.interval": _Range(0),
    "gradient_noise_param.eta": _Range(0),
    "warmup_param.start_factor": _Range(0),
    "plateau_param.cooldown": _Range(0),
    "lars_param.trust_coefficient": _Range(0, closed=False),
    "keep_param.last": _Range(0),
    "keep_param.every": _Range(0),
    "keep_param.best": _Range(0),
    "early_stopping_param.patience": _Range(1),
    "early_stopping_param.min_iter": _Range(0),
    "tensorboard_param.histogram_interval": _Range(0),
    "tensorboard_param.filter_interval": _Range(0),
    "cosine_param.min_lr": _Range(0),
    "distributed_param.bucket_mb": _Range(0, closed=False),
    "distributed_param.power_sgd_param.matrix_approximation_rank": _Range(1),
    "distributed_param.power_sgd_param.start_powerSGD_iter": _Range(2),
    "distributed_param.power_sgd_param.min_compression_rate": _Range(0, closed=False),
    "plateau_param.min_lr": _Range(0),
    "price_per_hour": _Range(0),
}
_POWERS_OF_GAMMA: Final = frozenset(("step", "multistep", "exp", "plateau"))
"""Policies whose rate is base_lr times a power of gamma."""
_NETS: Final = frozenset(("NetParameter", "NetState"))


def value_faults(param: SolverParameter) -> list[Fault]:
    """A fault for each number with which training can't work; each names its field."""
    faults = []
    for field, value in _numbers(param):
        wanted = _RANGES.get(field)
        if not isfinite(value):
            faults.append(Fault(f"{field} is {value}; expected a finite number", field=field))
        elif wanted is not None and not wanted.holds(value):
            faults.append(Fault(f"{field} is {value:g}; it has to be {wanted}", field=field))
    if param.HasField("clip_gradients") and param.clip_gradients == 0:
        message = "clip_gradients is 0, which makes all gradients 0"
        faults.append(Fault(message, field="clip_gradients", hint="leave it out, or give -1, not to clip"))
    if param.clip_weights == 0:
        message = "clip_weights is 0, which makes all weights 0"
        faults.append(Fault(message, field="clip_weights", hint="leave it out, not to clip"))
    if not param.clamp_weights_lower < param.clamp_weights_upper:
        bounds = [param.clamp_weights_lower, param.clamp_weights_upper]
        field = next(f for f in ("clamp_weights_lower", "clamp_weights_upper") if param.HasField(f))
        message = (
            f"no weight is between clamp_weights_lower {bounds[0]:g} and clamp_weights_upper {bounds[1]:g}"
        )
        faults.append(Fault(message, field=field, hint="give a lower one below the upper one"))
    wrong = next((i for i, count in enumerate(param.test_iter) if count < 1), None)
    if wrong is not None:
        message = f"test_iter is {param.test_iter[wrong]}: a test of no batches has no score"
        hint = "give 1 or more; without test_iter, the whole set is tested"
        faults.append(Fault(message, field=f"test_iter[{wrong}]", hint=hint))
    return faults


def value_warnings(param: SolverParameter) -> list[Fault]:
    """A warning for each number that Caffe accepts too but that is unlikely meant; each names its field."""
    warnings = [
        Fault(f"{field} is {getattr(param, field):g}: {effect}", field=field)
        for field, effect in (
            ("base_lr", "a negative rate makes the loss larger"),
            ("momentum", "a negative momentum brakes each update by the one before it"),
            ("weight_decay", "a negative decay makes the weights larger"),
            ("min_lr", "the rate ends below 0, where it makes the loss larger"),
            ("warmup_start_lr", "a negative rate makes the loss larger"),
        )
        if getattr(param, field) < 0
    ]
    if param.HasField("base_lr") and param.base_lr == 0 and param.lr_policy != "multifixed":
        warnings.append(Fault("base_lr is 0: nothing is learned", field="base_lr"))
    warnings += _policy_warnings(param)
    warnings += [
        Fault(
            f"base_lr is {update.base_lr:g}: a negative rate makes the loss larger",
            field=f"update[{i}].base_lr",
        )
        for i, update in enumerate(param.update)
        if update.base_lr < 0
    ]
    return warnings


def _policy_warnings(param: SolverParameter) -> Iterator[Fault]:
    """Warnings of the settings that the learning rate policy reads."""
    if param.lr_policy in _POWERS_OF_GAMMA and param.HasField("gamma") and param.gamma == 0:
        yield Fault("gamma is 0: the rate is 0 from the first step on", field="gamma")
    if param.lr_policy == "poly" and param.power < 0:
        yield Fault(f"power is {param.power:g}: the rate grows without bound up to max_iter", field="power")
    if param.lr_policy == "poly" and param.min_lr > param.base_lr >= 0:
        message = f"min_lr is {param.min_lr:g}, above base_lr {param.base_lr:g}: the rate rises"
        yield Fault(message, field="min_lr")
    if param.lr_policy == "cosine" and param.cosine_param.min_lr > param.base_lr >= 0:
        message = f"min_lr is {param.cosine_param.min_lr:g}, above base_lr {param.base_lr:g}: the rate rises"
        yield Fault(message, field="cosine_param.min_lr")
    if param.lr_policy == "multifixed":
        negative = next((i for i, rate in enumerate(param.stagelr) if rate < 0), None)
        if negative is not None:
            message = f"stagelr is {param.stagelr[negative]:g}: a negative rate makes the loss larger"
            yield Fault(message, field=f"stagelr[{negative}]")
    if param.lr_policy == "multistep":
        steps = enumerate(pairwise(param.stepvalue), 1)
        falling = next(((i, old, new) for i, (old, new) in steps if new <= old), None)
        if falling is not None:
            index, old, new = falling
            message = (
                f"stepvalue {new} follows {old}: this step is taken in the iteration after the one before"
            )
            yield Fault(message, field=f"stepvalue[{index}]", hint="give the steps in rising order")


def _numbers(message: Message, path: str = "") -> Iterator[tuple[str, Any]]:
    """The singular numbers that are set in a message and the messages inside, nets left out, by path."""
    known = fields(type(message))
    for descriptor, value in message.ListFields():
        field = known.get(descriptor.name)
        if field is None or field.repeated:
            continue
        if field.kind in ("int", "float"):
            yield path + field.name, value
        elif field.kind == "message" and field.type_name not in _NETS:
            yield from _numbers(value, f"{path}{field.name}.")
