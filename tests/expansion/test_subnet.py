"""Subnets and their parameters."""

from __future__ import annotations

import pytest

from layerzoo.expansion.subnet import Subnet, call_site, constants
from layerzoo.expressions import Value
from tests.expansion.configs import FC, HEAD, call, faults
from tests.expansion.test_scope import first, scope

TEXT = """subnet { name: "b" doc: "a block"
  arg { name: "n" type: INT } arg { name: "rate" type: FLOAT default: "0.5" }
  arg { name: "on" type: BOOL default: false }
  arg { name: "kind" type: STRING default: "12" } arg { name: "sizes" type: INT list: true default: [1, 2] }
  arg { name: "any" default: "3" } arg { name: "several" list: true default: ${[]} }
  let { twice: ${2 * n} four: ${2 * twice} }
  layer { name: "in" type: "Input" top: "x" } layer { name: "in2" type: "Input" top: "y" top: "z" } }"""


def values(given: str, **outer: Value) -> tuple[dict[str, Value], list[str]]:
    here = scope(**outer)
    subnet = Subnet(first(TEXT), here)
    use = first("layer { subnet_param { with { " + given + " } } }")
    param = use.children[0] if use.children else use
    result = subnet.values(param.first("with"), use, here, param)
    return result, [fault.message for fault in here.faults]


def test_defaults_have_their_types() -> None:
    result, faults = values("n: 2")
    assert not faults
    assert result == {
        "n": 2,
        "rate": 0.5,
        "on": False,
        "kind": "12",
        "sizes": [1, 2],
        "any": 3,
        "several": [],
        "twice": 4,
        "four": 8,
    }


def test_given_values_replace_defaults() -> None:
    result, faults = values(
        'n: ${k} rate: 1 on: true kind: "a" sizes: ${[k, 4]} any { a: 1 } several: [5]', k=7
    )
    assert not faults
    assert result["n"] == 7
    assert result["rate"] == 1.0
    assert result["on"] is True
    assert result["sizes"] == [7, 4]
    assert result["any"] == {"a": 1}
    assert result["several"] == [5]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "'n' of subnet 'b' is missing"),
        ("n: x", "'n' takes an integer (int64), not 'x'"),
        ("n: 1 n: 2", "'n' is given twice"),
        ("n: 1 any: 1 any: 2", "'any' is given twice"),
        ("n: 1 raet: 2", "unknown field 'raet' in 'with'"),
        ("n: 1 on: 5", "'on' takes true or false, not '5'"),
        ("n: ${q}", "unknown name 'q'"),
    ],
)
def test_wrong_values_are_faults(given: str, message: str) -> None:
    assert message in values(given)[1]


def test_misspelt_parameter_has_a_hint() -> None:
    here = scope()
    subnet = Subnet(first(TEXT), here)
    use = first("with { n: 1 raet: 2 }")
    subnet.values(use, use, here, use)
    assert here.faults[0].hint == "did you mean 'rate'?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subnet { layer { } }", "the subnet has no name"),
        ('subnet { name: "a" layr { } }', "unknown field 'layr' in a subnet"),
        ('subnet { name: "a" arg { name: "1x" } }', "'1x' can't be the name of a parameter"),
        ('subnet { name: "a" arg { name: "x" } arg { name: "x" } }', "the parameter 'x' is declared twice"),
        ('subnet { name: "a" arg { name: "x" type: INTEGER } }', "unknown type 'INTEGER' of a parameter"),
        ('subnet { name: "a" arg { name: "x" defautl: 1 } }', "unknown field 'defautl' in 'arg'"),
    ],
)
def test_wrong_declaration_is_a_fault(text: str, message: str) -> None:
    here = scope()
    Subnet(first(text), here)
    assert [fault.message for fault in here.faults] == [message]


def test_inputs_are_the_tops_of_input_layers() -> None:
    assert Subnet(first(TEXT), scope()).inputs == ["x", "y", "z"]


def test_constants_see_those_before_them() -> None:
    here = scope(k=2)
    lets = first("let { a: ${k + 1} b: ${a * 2} c: [1, ${b}] }")
    assert constants(lets, here) == {
        "k": 2,
        "a": 3,
        "b": 6,
        "c": [1, 6],
    }
    assert not here.faults
    constants(first("let { a: 1 a: 2 }"), here)
    constants(first("let { a: ${b} b: 1 }"), here)
    assert [f.message for f in here.faults] == ["the constant 'a' is given twice", "unknown name 'b'"]


def test_use_is_shown_with_its_values() -> None:
    here = scope()
    site = call_site(Subnet(first(TEXT), here), first("layer { }"), {"n": 1, "on": True, "l": [1]}, here)
    assert str(site) == "in block 'b', called at x:1:1 with n=1, on=true, l=…"
    long = call_site(Subnet(first(TEXT), here), first("layer { }"), {"s": "x" * 500}, here)
    assert len(str(long)) < 300


def test_value_with_a_fault_is_not_missing() -> None:
    text = HEAD + FC + call('net: "fc" with { n: ${m} }')
    assert [fault.split(" ", 1)[1] for fault in faults(text)] == ["unknown name 'm'"]
