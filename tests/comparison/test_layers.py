"""Matching the layers of two nets."""

from __future__ import annotations

from layerzoo.comparison.layers import matched, phase_of
from tests.comparison.nets import ip, net, relu


def pairs(old: str, new: str) -> tuple[list[tuple[int, int]], list[int], list[int], set[int]]:
    return tuple(matched(net(old).message.layer, net(new).message.layer))  # type: ignore[return-value]


def test_layers_are_matched_by_name() -> None:
    assert pairs(ip("a") + ip("b"), ip("b") + ip("c", number=9)) == ([(0, 0), (2, 1)], [1], [2], set())


def test_layers_of_one_name_are_matched_by_phase() -> None:
    train, test = ip("a", more="include { phase: TRAIN }"), ip("a", more="include { phase: TEST }")
    result = pairs(train + test, test + train)
    assert sorted(result[0]) == [(0, 0), (1, 2), (2, 1)]


def test_renamed_layer_is_matched_by_its_params() -> None:
    assert pairs(ip("a", number=7), ip("b", number=7)) == ([(0, 0), (1, 1)], [], [], set())


def test_renamed_layer_is_matched_by_its_tops() -> None:
    assert pairs(ip("a", top="t", number=7), ip("b", top="t", number=8))[0] == [(0, 0), (1, 1)]


def test_layer_of_another_type_is_matched_by_its_name_alone() -> None:
    old = 'layer { name: "a" type: "TanH" bottom: "data" top: "data" }'
    assert pairs(old, relu("a", "data"))[0] == [(0, 0), (1, 1)]
    assert pairs(old, relu("b", "data"))[0] == [(0, 0)]


def test_moved_layer_is_the_one_that_left_the_order() -> None:
    a, b, c, d = (ip(name) for name in "abcd")
    assert pairs(a + b + c + d, d + a + b + c)[3] == {1}
    assert pairs(a + b + c + d, a + b + c + d)[3] == set()


def test_phase_is_that_of_all_rules() -> None:
    rules = {"": "", "include { phase: TEST }": "TEST", "include { phase: TEST } include { stage: 'a' }": ""}
    for rule, phase in rules.items():
        assert phase_of(net(ip("a", more=rule)).message.layer[1]) == phase
