"""YAML that is written as text."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from layerzoo.projects.yaml_text import Word, comment, commented, layer, scalar


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "no",
        "Yes",
        "1",
        "a: b",
        "#x",
        "",
        "ä\n",
        3,
        0.5,
        1 / 3,
        1e-05,
        1e30,
        np.float64(0.1),
        123456789.25,
        True,
        ["a", "null"],
        {"k": [1, "y"]},
    ],
)
def test_scalars_are_read_as_they_were(value: object) -> None:
    assert yaml.safe_load(f"x: {scalar(value)}") == {"x": value}


def test_word_stands_without_quotes() -> None:
    assert scalar({"phase": Word("TRAIN")}) == "{phase: TRAIN}"


def test_layer_breaks_long_fields_and_leaves_out_none() -> None:
    text = layer("a", "B", None, ["x"], "why " * 40, short={"k": 1}, none=None, long={"list": ["word"] * 40})
    assert all(len(line) <= 104 for line in text.splitlines())
    assert yaml.safe_load(text) == [
        {"name": "a", "type": "B", "top": ["x"], "short": {"k": 1}, "long": {"list": ["word"] * 40}}
    ]


def test_comments_stand_above_fields() -> None:
    assert commented("lr", 0.001, "A reason.") == "# A reason.\nlr: 0.001\n"
    assert commented("lr", 0.001) == "lr: 0.001\n"
    assert comment("a b", "  ") == "  # a b\n"
