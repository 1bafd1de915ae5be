"""The switches of data layers: values and contradictions."""

from __future__ import annotations

import pytest

from layerzoo.data.switches import Switches
from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.schema import LayerParameter, ReadingParameter

MESSAGES = ("image_data_param", "transform_param", "reading_param")


def layer(inside: str) -> LayerParameter:
    return parse_net(f'layer {{ name: "d" type: "ImageData" top: "a" top: "b" {inside} }}').message.layer[0]


def switches(inside: str) -> Switches:
    return Switches.of(layer(inside), MESSAGES)


def test_defaults_change_nothing() -> None:
    assert switches("") == Switches(shares=(pytest.approx(0.1), pytest.approx(0.1)))


def test_values_are_those_of_the_message() -> None:
    made = switches(
        "reading_param { shuffle: true limit: 9 sampler: BALANCED split: VAL val_share: 0.25 test_share: 0 "
        "cache: MEMORY on_error: SKIP max_skipped: 3 workers: 2 }"
    )
    assert made == Switches(True, 9, True, ReadingParameter.VAL, (0.25, 0.0), ReadingParameter.MEMORY, 3, 2)


def test_workers_are_chosen_unless_given() -> None:
    assert switches("").workers is None
    assert switches("reading_param { workers: 0 }").workers == 0


@pytest.mark.parametrize(
    ("inside", "field", "message"),
    [
        ("image_data_param { shuffle: true } reading_param { shuffle: false }", "shuffle", "true in image_"),
        ("reading_param { shuffle: false sampler: BALANCED }", "shuffle", "BALANCED"),
        ("reading_param { split: VAL val_share: -0.1 }", "val_share", "from 0 to 1"),
        ("reading_param { split: VAL test_share: 1.5 }", "test_share", "from 0 to 1"),
        ("reading_param { split: VAL val_share: nan }", "val_share", "from 0 to 1"),
        ("reading_param { split: TRAIN val_share: 0.6 test_share: 0.5 }", "val_share", "more than 1"),
        ("reading_param { val_share: 0.2 }", "val_share", "without split"),
        ("reading_param { max_skipped: 2 }", "max_skipped", "without on_error"),
        ("reading_param { workers: 100000 }", "workers", "at most 256"),
    ],
)  # fmt: skip
def test_contradictions_are_faults_of_their_field(inside: str, field: str, message: str) -> None:
    with pytest.raises(LayerFault, match=message) as caught:
        switches(inside)
    assert caught.value.field == f"reading_param.{field}"


def test_equal_values_of_shuffle_are_no_contradiction() -> None:
    assert switches("image_data_param { shuffle: true } reading_param { shuffle: true }").shuffle is True


def test_switches_without_meaning_for_a_type_are_faults() -> None:
    with pytest.raises(LayerFault, match="limit has no effect: because") as caught:
        Switches.of(layer("reading_param { limit: 1 }"), MESSAGES, {"limit": "because"})
    assert caught.value.field == "reading_param.limit"
