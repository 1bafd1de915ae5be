"""Axes: what a setting may be."""

from __future__ import annotations

import pytest

from layerzoo.errors import Fault
from layerzoo.nodes import yaml
from layerzoo.source import Source
from layerzoo.tune.axes import Axis, grid_levels, read_axis


def read(text: str) -> tuple[Axis | None, list[str]]:
    faults: list[Fault] = []
    root = yaml.read(Source("tune.yaml", f"base_lr: {text}\n", True), faults)
    assert root.children
    axis = read_axis(root.children[0], faults)
    return axis, [fault.message for fault in faults]


def axis(text: str) -> Axis:
    one, faults = read(text)
    assert one is not None, faults
    return one


def test_values_are_equally_likely() -> None:
    one = axis("{values: [step, 'fixed', 0.5]}")
    assert [one.at(place) for place in (0.0, 0.33, 0.34, 0.66, 0.67, 0.999)] == [
        "step", "step", "fixed", "fixed", "0.5", "0.5",
    ]  # fmt: skip
    assert not one.is_number
    assert axis("{values: [1, 2e-3]}").is_number


def test_range_is_linear_and_log_range_logarithmic() -> None:
    assert [axis("{range: [2, 4]}").at(place) for place in (0.0, 0.25, 0.5)] == ["2", "2.5", "3"]
    assert [axis("{log_range: [1e-4, 1]}").at(place) for place in (0.0, 0.25, 0.5)] == [
        "0.0001",
        "0.001",
        "0.01",
    ]


def test_whole_numbers_have_equal_room() -> None:
    one = axis("{range: [1, 3], integer: true}")
    assert [one.at(place) for place in (0.0, 0.33, 0.34, 0.66, 0.67, 0.999)] == ["1", "1", "2", "2", "3", "3"]
    assert grid_levels(one) == ["1", "2", "3"]


def test_steps_add_and_multiply() -> None:
    assert axis("{range: [0.1, 0.5], step: 0.1}").levels == ("0.1", "0.2", "0.3", "0.4", "0.5")
    assert axis("{range: [0, 1], step: 0.4}").levels == ("0", "0.4", "0.8")
    assert axis("{log_range: [0.001, 1], step: 10}").levels == ("0.001", "0.01", "0.1", "1")
    assert axis("{log_range: [16, 128], step: 2, integer: true}").levels == ("16", "32", "64", "128")


def test_text_stays_in_the_range() -> None:
    one = Axis("x", low=0.12345678, high=0.12345681)
    assert one.text_of(0.12345678) == "0.12345678"
    assert one.text_of(1.0) == "0.12345681"


def test_grid_can_take_no_range_without_steps() -> None:
    assert grid_levels(axis("{range: [0, 1]}")) is None
    assert grid_levels(axis("{log_range: [1, 8], integer: true}")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1", "the axis 'base_lr' does not say what it may be"),
        ("{step: 1}", "the axis 'base_lr' has neither values nor a range"),
        ("{values: [1], range: [0, 1]}", "the axis 'base_lr' has values and range"),
        ("{values: [1, 1]}", "the value '1' is given twice"),
        ("{values: [1, 2], step: 1}", "'step' belongs to a range; this axis has values"),
        ("{range: [1]}", "'range' takes two values, [low, high]; got 1"),
        ("{range: [2, 1]}", "'range' from 2 to 1: the first has to be below the second"),
        ("{log_range: [0, 1]}", "'log_range' begins at 0; a logarithm needs it above 0"),
        ("{range: [0, x]}", "range: expected a number, got 'x'"),
        (
            "{range: [0, 1.5], integer: true}",
            "range: expected a whole number, as 'integer: true' says, got '1.5'",
        ),
        ("{range: [0, 1], step: 0}", "step: expected a number above 0, got '0'"),
        ("{range: [0, 1], step: 1e-9}", "the step makes more than 10,000 values, the limit"),
        ("{rnge: [0, 1]}", "unknown field 'rnge' in the axis 'base_lr'"),
    ],
)
def test_wrong_axis_is_a_fault(text: str, message: str) -> None:
    one, faults = read(text)
    assert one is None
    assert message in faults


def test_step_of_a_log_range_is_a_factor_above_one() -> None:
    _, faults = read("{log_range: [0.1, 1], step: 0.1}")
    assert "a factor above 1" in faults[0]


def test_equal_axes_are_described_alike() -> None:
    assert axis("{range: [0, 1.0], step: 0.50}").described == axis("{range: [0.0, 1], step: 0.5}").described
    assert axis("{values: [a, b]}").described == "values a, b"
    assert axis("{log_range: [1, 8], integer: true}").described == "log_range 1 to 8, integer"


def test_choices_stand_for_settings_under_a_name() -> None:
    one = axis(
        "{choices: [{name: SGD}, {name: Adam, set: [type=Adam, base_lr=0.01]}, {name: A b, set: c=1}]}"
    )
    assert one.levels == ("SGD", "Adam", "A b")
    assert [one.arguments(name) for name in one.levels] == [(), ("type=Adam", "base_lr=0.01"), ("c=1",)]
    assert one.paths == ["type", "base_lr", "c"]
    assert one.described == "choices SGD, Adam type=Adam base_lr=0.01, A b c=1"
    assert [one.at(place) for place in (0.0, 0.5, 0.9)] == ["SGD", "Adam", "A b"]
    assert grid_levels(one) == one.levels
    assert not one.is_number
    assert axis("{values: [1, 2]}").arguments("2") == ("base_lr=2",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{choices: [SGD]}", "choices: expected name and set"),
        ("{choices: [{set: [a=1]}]}", "a choice has no name"),
        ("{choices: [{name: a}, {name: a}]}", "the choice 'a' is given twice"),
        ("{choices: [{name: a, sett: [a=1]}]}", "unknown field 'sett' in a choice"),
        ("{choices: [{name: a, set: [a]}]}", "expected '.' and a field name, or '=' and a value"),
        ("{choices: [{name: a}], step: 2}", "'step' belongs to a range; this axis has choices"),
        ("{choices: [{name: a}], values: [1]}", "the axis 'base_lr' has values and choices"),
    ],
)
def test_wrong_choices_are_faults(text: str, fault: str) -> None:
    one, faults = read(text)
    assert one is None
    assert any(fault in message for message in faults), faults
