"""How the inputs of a subnet that runs along an axis get their values."""

from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.schema import LayerParameter
from layerzoo.subnet.step_inputs import step_count, step_inputs


def decoder(fields: str = "") -> LayerParameter:
    return parse_net(f"""layer {{ name: "r" type: "Recurrent" subnet_param {{ axis: 1 {fields} body {{
      layer {{ name: "in" type: "Input" top: "word" top: "h" top: "memory" top: "c" input_param {{
        shape {{ dim: 4 }} shape {{ dim: 4 dim: 8 }} shape {{ dim: 4 dim: 50 dim: 6 }}
        shape {{ dim: 4 dim: 2 }} }} }} }} }} }}""").message.layer[0]


CARRY = 'carry { blob: "h1" input: "h" } carry { blob: "c1" input: "c" }'


def test_inputs_take_bottoms_in_order_and_go_along_by_their_number_of_axes() -> None:
    uses = step_inputs(decoder(CARRY), [(3, 7), (3, 8), (3, 50, 6), (3, 2)])
    assert [(use.input.name, use.bottom, use.along, use.shape) for use in uses] == [
        ("word", 0, True, (3,)),
        ("h", 1, False, (3, 8)),
        ("memory", 2, False, (3, 50, 6)),
        ("c", 3, False, (3, 2)),
    ]
    assert step_count(decoder(CARRY), uses, [(3, 7), (3, 8), (3, 50, 6), (3, 2)]) == 7


def test_last_carried_inputs_have_no_bottom_if_there_are_fewer() -> None:
    three = step_inputs(decoder(CARRY), [(3, 7), (3, 8), (3, 50, 6)])
    assert [(use.bottom, use.shape) for use in three] == [
        (0, (3,)),
        (1, (3, 8)),
        (2, (3, 50, 6)),
        (-1, (3, 2)),
    ]
    two = step_inputs(decoder(CARRY), [(3, 7), (3, 50, 6)])
    assert [(use.bottom, use.shape) for use in two] == [
        (0, (3,)),
        (-1, (3, 8)),
        (1, (3, 50, 6)),
        (-1, (3, 2)),
    ]


@pytest.mark.parametrize("count", [1, 5])
def test_other_numbers_of_bottoms_are_faults(count: int) -> None:
    with pytest.raises(LayerFault, match=f"{count} bottoms for 4 inputs of the subnet: word, h, memory, c"):
        step_inputs(decoder(CARRY), [(3, 7)] * count)


def test_input_that_is_fed_back_has_to_go_along() -> None:
    fields = f'{CARRY} feed_back {{ blob: "m" input: "memory" }}'
    with pytest.raises(LayerFault, match="feed_back: input 'memory' is the same at each step"):
        step_inputs(decoder(fields), [(3, 7), (3, 50, 6)])


def test_step_count_is_the_same_for_all() -> None:
    param = parse_net("""layer { name: "r" type: "Recurrent" subnet_param { body {
      layer { name: "in" type: "Input" top: "x" top: "y" } } } }""").message.layer[0]
    bottoms = [(3, 7), (4, 7)]
    with pytest.raises(LayerFault, match="4 steps along axis 0; expected 3, as bottom 0 has") as caught:
        step_count(param, step_inputs(param, bottoms), bottoms)
    assert caught.value.bottom == 1
