"""The inputs of a subnet."""

from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.schema import TEST, TRAIN
from layerzoo.subnet.inputs import BodyInput, body_inputs, place_of, shown, start_shape

BODY = """
layer { name: "x" type: "Input" top: "x" top: "y" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "a" type: "Eltwise" bottom: "x" bottom: "y" top: "a" }
layer { name: "z" type: "Input" top: "z" top: "w" input_param { shape { dim: 4 } shape { dim: -1 dim: 7 } } }
layer { name: "open" type: "Input" top: "open" include { phase: TEST } }
"""


def test_body_inputs_are_the_tops_of_input_layers_in_order() -> None:
    body = parse_net(BODY).message
    inputs = [("x", (4, 3), 0), ("y", (4, 3), 0), ("z", (4,), 2), ("w", (-1, 7), 2)]
    assert body_inputs(body, TRAIN) == inputs
    assert body_inputs(body, TEST) == [*inputs, ("open", None, 3)]


def test_check_accepts_any_batch_and_compares_the_other_axes() -> None:
    one = BodyInput("x", (4, 3, -1), 0)
    one.check((9, 3, 5), 0)
    BodyInput("x", None, 0).check((1, 2, 3, 4), 0)
    for shape in ((4, 4, 5), (4, 3), (4, 3, 5, 1)):
        with pytest.raises(LayerFault, match=r"declares \(4, 3, \?\), and gets") as caught:
            one.check(shape, 2)
        assert caught.value.bottom == 2


def test_start_shape_takes_the_batch_of_the_leading_input() -> None:
    leading = BodyInput("x", (4, 3), 0)
    assert start_shape(BodyInput("h", (4, 8), 1), leading, (9, 3)) == (9, 8)
    assert start_shape(BodyInput("h", (-1, 8), 1), leading, (9, 3)) == (9, 8)
    assert start_shape(BodyInput("h", (1, -1, 8), 1), leading, (9, 3)) == (1, 9, 8)
    assert start_shape(BodyInput("h", (), 1), leading, (9, 3)) == ()
    with pytest.raises(LayerFault, match="input 'h' of the subnet begins with zeros, and declares no shape"):
        start_shape(BodyInput("h", None, 1), leading, (9, 3))


def test_place_of_suggests_a_similar_input() -> None:
    assert place_of(["word", "memory"], "memory", "f") == 1
    with pytest.raises(LayerFault) as caught:
        place_of(["word", "memory"], "memry", "f")
    assert caught.value.hint == "did you mean 'memory'?"


def test_shown_has_a_question_mark_for_any_size() -> None:
    assert shown((-1, 3)) == "(?, 3)"
