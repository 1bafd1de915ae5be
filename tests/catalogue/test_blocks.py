"""Explanations of the block language."""

from __future__ import annotations

import pytest

from layerzoo.catalogue import explain
from layerzoo.catalogue.blocks import CALL, EXAMPLES, expressions
from layerzoo.expressions import FUNCTIONS
from layerzoo.loader import parse_net
from layerzoo.schema import SubnetParameter, fields

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 8] } } }'
LAYERS = {CALL: 6, "subnet": 6, "let": 1, "repeat": 2, "when": 1}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_expands_and_stands_in_the_explanation(name: str) -> None:
    net = parse_net(DATA + EXAMPLES[name], format="prototxt").message
    assert len(net.layer) == 1 + LAYERS[name]
    text = explain(name)
    assert all(f"  {line}" in text for line in EXAMPLES[name].splitlines())


def test_explain_call_has_the_fields_of_its_message() -> None:
    text = explain(CALL)
    assert all(f"  {name}  " in text for name in fields(SubnetParameter))


def test_explain_expressions_has_all_functions() -> None:
    assert explain("expressions") == expressions() + "\n"
    assert all(f" {name}(" in expressions() for name in FUNCTIONS)


def test_explain_let_has_no_empty_table() -> None:
    assert "Fields of Values" not in explain("let")
