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
}
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
        )
        if getattr(param, field) < 0
    ]
    if param.lr_policy == "multistep":
        steps = enumerate(pairwise(param.stepvalue), 1)
        falling = next(((i, old, new) for i, (old, new) in steps if new <= old), None)
        if falling is not None:
            index, old, new = falling
            message = (
                f"stepvalue {new} follows {old}: this step is taken in the iteration after the one before"
            )
            warnings.append(
                Fault(message, field=f"stepvalue[{index}]", hint="give the steps in rising order")
            )
    return warnings


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
