"""Layers counted before they are planned."""

from __future__ import annotations

import time

import pytest

from layerzoo.expansion.counting import check_count
from layerzoo.expansion.fields import MAX_LAYERS, TooManyLayersError
from layerzoo.expansion.subnet import Subnet
from tests.expansion.test_scope import first, scope

LAYER = 'layer { name: "a" type: "ReLU" }'


def repeated(times: str, inner: str) -> str:
    return f'layer {{ name: "r" repeat {{ times: {times} {inner} }} }}'


def use(net: str, times: str, given: str = "") -> str:
    param = f'net: "{net}" times: {times} with {{ {given} }}'
    return f'layer {{ name: "c" type: "Call" subnet_param {{ {param} }} }}'


@pytest.mark.parametrize(
    "text",
    [
        repeated("1000", repeated("1000", LAYER)),
        repeated("1000", repeated("${1000 + 0 * i}", LAYER)),
        repeated("${10 ** 18}", LAYER),
        repeated("100000", LAYER),
        use("d", "100"),
        use("n", "10", "k: ${10 ** 5}"),
        use("n", "10", "k: ${10 ** 4 * (i + 1)}"),
    ],
)
def test_too_many_layers_are_found_before_they_exist(text: str) -> None:
    here = scope()
    subnets = {
        "d": Subnet(first('subnet { name: "d" ' + use("e", "100") + " }"), here),
        "e": Subnet(first('subnet { name: "e" ' + LAYER * 100 + " }"), here),
        "n": Subnet(first('subnet { name: "n" arg { name: "k" } ' + repeated("${k}", LAYER) + " }"), here),
    }
    start = time.monotonic()
    with pytest.raises(TooManyLayersError):
        check_count([first(text)], subnets, here)
    assert time.monotonic() - start < 10  # the goal is 1 s
    assert here.faults[0].message == f"the net has more than {MAX_LAYERS:,} layers"


def test_fewer_layers_and_blocks_with_faults_pass() -> None:
    here = scope()
    subnets = {"s": Subnet(first('subnet { name: "s" ' + use("s", "2") + LAYER + " }"), here)}
    texts = [repeated("300", repeated("300", LAYER)), use("s", "${x}"), use("s", "3"), use("none", "2")]
    check_count([first(text) for text in texts], subnets, here)
    assert not here.faults


def test_condition_that_fails_counts_for_nothing() -> None:
    here = scope(n=1)
    layer = first(repeated("${10 ** 9}", LAYER).replace("layer {", "layer { when: ${n > 1}", 1))
    check_count([layer], {}, here)
