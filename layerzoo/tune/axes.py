"""Axes of a tune: what a setting may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, floor, log
from typing import Final

from layerzoo.errors import ConfigError, Fault
from layerzoo.nodes import Node
from layerzoo.nodes.override import parse
from layerzoo.source import Origin
from layerzoo.tune.fields import Fields

MAX_LEVELS: Final = 10_000
"""The largest number of values of an axis."""
_KEYS: Final = ("values", "range", "log_range", "step", "integer", "choices")
_CHOICE_KEYS: Final = ("name", "set")
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Axis:
    """A setting that is tuned.

    Attributes:
        path: the ``-set`` path; with choices, any name.
        levels: its values as text, or the names of its choices; empty for a range without steps.
        ordered: the levels are those of a range with steps.
        low, high: the ends of a range, both included.
        log: values of the range are equally likely on a logarithmic scale; a step multiplies.
        integer: values of the range are whole numbers.
        step: step of the range; 0 for none.
        choices: by level, ``PATH=VALUE`` of the ``-set`` that it stands for; empty without choices.
    """

    path: str
    levels: tuple[str, ...] = ()
    ordered: bool = False
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    integer: bool = False
    step: float = 0.0
    choices: tuple[tuple[str, ...], ...] = ()

    def arguments(self, value: str) -> tuple[str, ...]:
        """``PATH=VALUE`` of the ``-set`` of a value."""
        return self.choices[self.levels.index(value)] if self.choices else (f"{self.path}={value}",)

    @property
    def paths(self) -> list[str]:
        """The ``-set`` paths that it sets."""
        if not self.choices:
            return [self.path]
        settings = (setting for choice in self.choices for setting in choice)
        return list(dict.fromkeys(setting.partition("=")[0] for setting in settings))

    def at(self, place: float) -> str:
        """The value at a place from 0 (included) to 1 (excluded) of its distribution."""
        if self.levels:
            return self.levels[int(place * len(self.levels))]
        low, high = self.low, self.high
        if self.integer:  # each whole number has the room of one half around it
            low, high = low - 0.5, high + 0.5
        value = exp(log(low) + place * (log(high) - log(low))) if self.log else low + place * (high - low)
        return self.text_of(value)

    def text_of(self, value: float) -> str:
        """A value of the range as text of 6 digits, within the range."""
        if self.integer:
            return str(int(min(max(floor(value + 0.5), self.low), self.high)))
        text = f"{value:.6g}"
        return text if self.low <= float(text) <= self.high else repr(min(max(value, self.low), self.high))

    @property
    def is_number(self) -> bool:
        """Whether all values are numbers."""
        return not self.levels or all(_is_number(level) for level in self.levels)

    @property
    def described(self) -> str:
        """What it may be, as the plan says it; equal for equal axes."""
        if self.choices:
            named = zip(self.levels, self.choices, strict=True)
            return "choices " + ", ".join(" ".join((name, *settings)) for name, settings in named)
        if self.levels and not self.ordered:
            return f"values {', '.join(self.levels)}"
        ends = f"{'log_range' if self.log else 'range'} {self.low:.12g} to {self.high:.12g}"
        return (
            ends + (f", step {self.step:.12g}" if self.step else "") + (", integer" if self.integer else "")
        )


def read_axis(node: Node, faults: list[Fault]) -> Axis | None:
    """Read an axis from its node, whose key is the path; None if it has faults."""
    before = len(faults)
    if node.children is None:
        hint = "write 'values: [a, b]', 'range: [low, high]', 'log_range: [low, high]' or choices below it"
        faults.append(Fault(f"the axis '{node.key}' does not say what it may be", node.origin, hint))
        return None
    fields = Fields(node, f"the axis '{node.key}'", _KEYS, faults)
    given = [key for key in ("values", "range", "log_range", "choices") if node.first(key)]
    if len(given) != 1:
        what = f"has {' and '.join(given)}" if given else "has neither values nor a range"
        fields.fault(f"the axis '{node.key}' {what}", hint="give one of values, range, log_range, choices")
        return None
    if given == ["choices"]:
        axis: Axis | None = _choices(node, fields, faults)
    else:
        axis = _values(node, fields) if given == ["values"] else _range(node, fields, given[0])
    return axis if len(faults) == before else None


def _refuse_steps(node: Node, fields: Fields, has: str) -> None:
    for key in ("step", "integer"):
        if (extra := node.first(key)) is not None:
            fields.fault(f"'{key}' belongs to a range; this axis has {has}", extra, "remove it")


def _choices(node: Node, fields: Fields, faults: list[Fault]) -> Axis:
    """An axis whose values are settings that belong together, each under a name."""
    _refuse_steps(node, fields, "choices")
    named: dict[str, tuple[str, ...]] = {}
    for one in node.all("choices"):
        if one.children is None:
            fields.bad_value(one, "name and set: {name: Adam, set: [type=Adam, base_lr=0.001]}")
            continue
        own = Fields(one, "a choice", _CHOICE_KEYS, faults)
        name = own.text("name").strip()
        if not name and not one.first("name"):
            own.fault("a choice has no name", hint="{name: Adam, set: [type=Adam, base_lr=0.001]}")
        elif name in named:
            own.fault(f"the choice '{name}' is given twice", one.first("name"), "remove one")
        settings = own.texts("set")
        for setting in settings:
            try:
                parse(setting.text or "")
            except ConfigError as error:
                faults += [moved(fault, setting) for fault in error.faults]
        named[name] = tuple(setting.text or "" for setting in settings)
    if len(named) > MAX_LEVELS:
        fields.fault(f"{len(named):,} choices; an axis has at most {MAX_LEVELS:,}")
    return Axis(node.key, tuple(named), choices=tuple(named.values()))


def moved(fault: Fault, node: Node) -> Fault:
    """A fault of a ``-set`` argument, at its place in the node whose text it is."""
    if fault.origin is None:
        return fault
    offset = node.value_offset + node.quoted + fault.origin.offset
    return Fault(fault.message, Origin(node.source, offset, fault.origin.length), fault.hint, fault.layer)


def _values(node: Node, fields: Fields) -> Axis:
    texts = fields.texts("values")
    _refuse_steps(node, fields, "values")
    levels = [(one.text or "").strip() for one in texts]
    for index, level in enumerate(levels):
        if not level:
            fields.bad_value(texts[index], "a value (an empty string is '\"\"')")
        elif level in levels[:index]:
            fields.fault(f"the value '{level}' is given twice", texts[index], "remove one")
    if len(levels) > MAX_LEVELS:
        fields.fault(f"{len(levels):,} values; an axis has at most {MAX_LEVELS:,}")
    return Axis(node.key, tuple(levels))


def _range(node: Node, fields: Fields, key: str) -> Axis | None:
    nodes = node.all(key)
    if len(nodes) != 2:
        fields.fault(f"'{key}' takes two values, [low, high]; got {len(nodes)}", nodes[0])
        return None
    low, high = (fields.number_of(one) for one in nodes)
    is_log, integer, step = key == "log_range", fields.switch("integer"), fields.number("step")
    if low is None or high is None:
        return None
    if not low < high:
        fields.fault(f"'{key}' from {low:g} to {high:g}: the first has to be below the second", nodes[0])
    if is_log and low <= 0:
        fields.fault(f"'log_range' begins at {low:g}; a logarithm needs it above 0", nodes[0], "use range")
    if integer:
        for one, end in zip(nodes, (low, high), strict=True):
            if end != int(end):
                fields.bad_value(one, "a whole number, as 'integer: true' says")
    stepped = node.first("step")
    if stepped is not None and step is not None:
        if step <= (1 if is_log else 0):
            expected = "a factor above 1, since each value of a log_range is the one before times it"
            fields.bad_value(stepped, expected if is_log else "a number above 0")
            return None
        if integer and step != int(step):
            fields.bad_value(stepped, "a whole number, as 'integer: true' says")
    axis = Axis(node.key, (), False, low, high, is_log, integer, step or 0.0)
    if not step or not low < high or (is_log and low <= 0):
        return axis
    levels = levels_of(axis)
    if levels is None:
        fields.fault(f"the step makes more than {MAX_LEVELS:,} values, the limit", stepped)
        return None
    return Axis(node.key, tuple(levels), True, low, high, is_log, integer, step)


def levels_of(axis: Axis) -> list[str] | None:
    """The values of a range with steps; None if they are too many."""
    ratio = log(axis.high / axis.low) / log(axis.step) if axis.log else (axis.high - axis.low) / axis.step
    if ratio >= MAX_LEVELS:
        return None
    count = floor(ratio + _ROUNDING) + 1
    numbers = [axis.low * axis.step**n if axis.log else axis.low + n * axis.step for n in range(count)]
    return list(dict.fromkeys(axis.text_of(number) for number in numbers))


def grid_levels(axis: Axis) -> Sequence[str] | None:
    """The values that a grid takes: those of a range of whole numbers are all; None for other ranges."""
    if axis.levels:
        return axis.levels
    if axis.integer and not axis.log and axis.high - axis.low < MAX_LEVELS:
        return [str(number) for number in range(int(axis.low), int(axis.high) + 1)]
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
