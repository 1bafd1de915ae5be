"""Settings of a command and axes of a tune."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.training.wish import Wish, axes, axis_problems, combinations, plan_text, settings


def test_values_become_settings_or_axes() -> None:
    values = {"base_lr": "0.1, 0.01, 0.1", "momentum": " 0.9 ", "stepvalue": "10, 20", "gamma": ""}
    wish = Wish("s", values=values, extra="\n-set a.b=1\n c=x,y \n")
    assert settings(wish) == ["momentum=0.9", "stepvalue=[10, 20]", "a.b=1", "c=x,y"]
    assert axes(wish) == {"base_lr": ["0.1", "0.01"]}


def test_line_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(UsageError, match="has no '='"):
        settings(Wish("s", extra="base_lr 1"))


def test_values_of_an_axis_are_numbers() -> None:
    assert axis_problems({"a": ["1", "1e-3"]}) == []
    [problem] = axis_problems({"a": ["1", "}, x: {"]})
    assert (problem.field, "is no number" in problem.text) == ("a", True)


def test_trials_are_counted() -> None:
    some = {"a": ["1", "2"], "b": ["1", "2", "3"]}
    assert combinations(Wish("s"), some) == 6
    assert combinations(Wish("s", search="random", trials=4), some) == 4
    assert combinations(Wish("s"), {}) == 0


def test_texts_of_a_plan_are_quoted() -> None:
    text = plan_text(Wish("s", metric='a"b', weights="x, y"), "so lver", ["a: b"], {"base_lr": ["1", "2"]})
    assert 'solver: "so lver"' in text
    assert '  - "a: b"' in text
    assert 'weights: ["x", "y"]' in text
    assert 'maximise: "a\\"b"' in text
