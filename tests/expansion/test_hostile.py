"""Configs that ask for too much: each ends in an error within a second of CPU time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_net, parse_net
from tests.expansion.configs import FC, HEAD

DEADLINE = 10
"""CPU seconds; the goal is 1."""
RELU = 'layer { name: "a${i}" type: "ReLU" bottom: "data" top: "a${i}" }'


def doubling(levels: int, last: str) -> str:
    """Subnets of which each uses the one before twice."""
    text = f'subnet {{ name: "b0" layer {{ name: "in" type: "Input" top: "x" }} {last} }}'
    for level in range(1, levels):
        calls = "".join(
            f'layer {{ name: "c{k}" type: "Call" bottom: "x" top: "y{k}" '
            f'subnet_param {{ net: "b{level - 1}" }} }} '
            for k in (0, 1)
        )
        text += f'subnet {{ name: "b{level}" layer {{ name: "in" type: "Input" top: "x" }} {calls} }}'
    use = f'subnet_param {{ net: "b{levels - 1}" }}'
    return text + f'layer {{ name: "u" type: "Call" bottom: "data" top: "u" {use} }}'


def growing(steps: int, each: str) -> str:
    """Constants of which each is made of the one before."""
    lets = " ".join(f"a{k}: ${{{each.replace('@', f'a{k - 1}')}}}" for k in range(1, steps))
    return f"let {{ a0: ${{[1, 2]}} {lets} }}"


PASSED_ON = 'layer { name: "r" type: "ReLU" bottom: "x" top: "y0" }'
HOSTILE = {
    "repeats": f'layer {{ name: "r" repeat {{ times: ${{10 ** 18}} {RELU} }} }}',
    "negative repeats": f'layer {{ name: "r" repeat {{ times: ${{0 - 10 ** 18}} {RELU} }} }}',
    "repeats inside repeats": 'layer { name: "r" repeat { times: 99999 ' * 12 + RELU + " } }" * 12,
    "a range of all numbers": f'layer {{ name: "r" repeat {{ over: ${{range(10 ** 18)}} {RELU} }} }}',
    "a step of almost nothing": f'layer {{ name: "r" repeat {{ over: ${{range(0, 10 ** 18, 1)}} {RELU} }} }}',
    "runs": 'layer { name: "u" type: "Call" bottom: "data" top: "u" '
    'subnet_param { net: "fc" times: ${10 ** 18} with { n: 1 } } }',
    "doubling blocks": doubling(31, PASSED_ON),
    "doubling blocks that depend on a value": doubling(
        31, PASSED_ON.replace("layer {", "layer { when: ${1 > 0}")
    ),
    "nested blocks": doubling(200, PASSED_ON),
    "a power": "let { a: ${9 ** 9 ** 9 ** 9} }",
    "a product": "let { a: ${9223372036854775807 * 9223372036854775807} }",
    "a shift of the point": "let { a: ${1e308 * 1e308} }",
    "a doubling list": growing(40, "@ + @"),
    "a list of lists": growing(40, "[@, @, @, @]"),
    "a doubling string": growing(40, "str(1) + '@@' + '" + "x" * 1000 + "' + str(len(@) * 10 ** 17)"),
    "deep parentheses": "let { a: ${" + "(" * 50_000 + "1" + ")" * 50_000 + "} }",
    "deep lists": "let { a: ${" + "[" * 50_000 + "1" + "]" * 50_000 + "} }",
    "deep signs": "let { a: ${" + "-" * 50_000 + "1} }",
    "deep negations": "let { a: ${" + "not " * 50_000 + "true} }",
    "deep indices": "let { b: ${[1]} a: ${b" + "[0]" * 50_000 + "} }",
    "deep conditions": "let { a: ${" + "1 if true else " * 20_000 + "1 + 'a'} }",
    "a long sum": "let { a: ${" + "1 + " * 100_000 + "'a'} }",
    "an endless string": "let { a: ${'" + "x" * 200_000 + "} }",
    "an unclosed expression": "let { a: ${" + "1 + " * 1000,
}


def ends(text: str, form: str = "prototxt") -> list[str]:
    """The messages of a text's faults; it has to end in time."""
    start = time.process_time()
    with pytest.raises(ConfigError) as caught:
        parse_net(text, format="yaml" if form == "yaml" else "prototxt")
    assert time.process_time() - start < DEADLINE
    return [fault.message for fault in caught.value.faults]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_config_ends_in_an_error(name: str) -> None:
    messages = ends(f"let {{ zero: 0 }} {HEAD} {FC} " + HOSTILE[name].replace("let {", "let { ", 1))
    assert messages
    assert all(len(message) < 500 for message in messages)


def test_hostile_yaml_ends_in_an_error() -> None:
    bomb = "a: &a [1, 2, 3, 4]\n" + "".join(
        f"  b{k}: &b{k} {{x: *{'a' if not k else f'b{k - 1}'}, y: *{'a' if not k else f'b{k - 1}'}}}\n"
        for k in range(40)
    )
    assert ends(f"let:\n  {bomb}layer: []\n", "yaml")


def test_every_use_of_a_faulty_block_is_not_a_fault_of_its_own() -> None:
    use = (
        'layer { name: "u" type: "Call" bottom: "data" top: "u" '
        'subnet_param { net: "fc" times: 2000 with { n: 1 } } }'
    )
    start = time.process_time()
    assert len(ends(HEAD + FC.replace("${bias}", "${bais}") + use)) <= 100
    assert time.process_time() - start < DEADLINE


def test_files_that_include_each_other_in_a_ring_end(tmp_path: Path) -> None:
    for k in range(200):
        (tmp_path / f"f{k}.yaml").write_text(f"include: [f{(k + 1) % 200}.yaml, f{(k + 7) % 200}.yaml]\n")
    (tmp_path / "net.prototxt").write_text(f'include: "f0.yaml" {HEAD}')
    start = time.process_time()
    with pytest.raises(ConfigError, match=r"includes itself|more than 100 included files"):
        load_net(tmp_path / "net.prototxt")
    assert time.process_time() - start < DEADLINE


def test_file_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(f'include: "net.prototxt" {HEAD}')
    with pytest.raises(ConfigError, match=r"'net\.prototxt' includes itself"):
        load_net(tmp_path / "net.prototxt")
