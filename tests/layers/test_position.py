from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 5 dim: 3 } } }
layer { name: "a" type: "Position" bottom: "x" top: "a" position_param { offset: 2 } }
layer {
  name: "b" type: "Position" bottom: "x" top: "b"
  position_param { kind: SINUSOIDAL num_output: 4 base: 100 axis: -1 }
}
layer {
  name: "c" type: "Position" bottom: "x" top: "c"
  position_param { kind: LEARNED num_output: 2 max_length: 6 filler { type: "gaussian" } }
}
"""


def test_index_counts_the_steps_of_any_length(make):
    layer = make("Position", (2, 5), position_param={"offset": 3})
    assert layer(torch.zeros(4, 3)).tolist() == [3, 4, 5]


def test_index_is_exact_where_the_bottom_has_16_bits(make):
    assert make("Position", (1, 1000))(torch.zeros(1, 1000, dtype=torch.bfloat16))[-1].item() == 999


def test_sinusoids_by_hand(make):
    fields = {"kind": "SINUSOIDAL", "num_output": 4, "axis": 0}
    found = make("Position", (3,), position_param=fields)(torch.zeros(3))
    for t in range(3):
        slow = t / 100
        expected = [math.sin(t), math.cos(t), math.sin(slow), math.cos(slow)]
        assert found[t].tolist() == pytest.approx(expected, abs=1e-6)


def test_learned_positions_are_rows_of_the_param(make):
    fields = {"kind": "LEARNED", "num_output": 2, "max_length": 4, "offset": 1}
    layer = make("Position", (1, 2), position_param=fields)
    layer.weight.data.copy_(torch.arange(8.0).reshape(4, 2))
    assert layer(torch.zeros(1, 2)).tolist() == [[2, 3], [4, 5]]
    layer(torch.zeros(1, 3)).sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [1, 1], [1, 1], [1, 1]]


def test_pass_over_more_positions_than_there_are_is_a_fault(make):
    layer = make("Position", (1, 2), position_param={"max_length": 4})
    with pytest.raises(LayerFault, match="positions 0 to 4; there are 4"):
        layer(torch.zeros(1, 5))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("axis: 2", "axis 2 of a blob with 2 axes"),
        ("max_length: 4", "positions 0 to 4; there are 4"),
        ("kind: SINUSOIDAL", "num_output must be at least 1"),
        ("kind: SINUSOIDAL num_output: 3", "num_output 3 for pairs"),
        ("kind: SINUSOIDAL num_output: 4 base: 1", "base 1; expected"),
        ("kind: LEARNED num_output: 4", "LEARNED positions without max_length"),
    ],
)
def test_faults(make, text, message):
    with pytest.raises(LayerFault, match=message):
        make(f'type: "Position" position_param {{ {text} }}', (2, 5))
