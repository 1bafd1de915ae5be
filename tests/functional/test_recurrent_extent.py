from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.recurrent_extent import CarriedState, hidden_gradient_stops, recurrent_extent
from layerzoo.schema import LayerParameter


def test_recurrent_extent():
    param = LayerParameter(recurrent_param={"num_output": 7})
    extent = recurrent_extent(param, [(4, 2, 3, 5), (4, 2), (2, 6, 2)], states=2)
    assert extent == (4, 2, 15, 12, 7, 1, 1, True, False)
    assert extent.state == (1, 2, 7)
    assert recurrent_extent(param, [(4, 2, 3), (4, 2)], states=1).static is None


def test_recurrent_extent_of_layers_and_directions():
    param = LayerParameter(recurrent_param={"num_output": 7, "num_layers": 2, "direction": "BIDIRECTIONAL"})
    extent = recurrent_extent(param, [(4, 2, 3), (2,)], states=1)
    assert (extent.state, extent.outputs) == ((4, 2, 7), 14)
    assert [extent.of_sweep(index) for index in range(4)] == [(3, None), (3, None), (14, None), (14, None)]
    assert (extent.has_cont, extent.has_lengths) == (False, True)


def test_second_bottom_is_cont_lengths_or_missing():
    param = LayerParameter(recurrent_param={"num_output": 7})
    assert recurrent_extent(param, [(4, 4, 3), (4,)], states=1).has_lengths
    assert recurrent_extent(param, [(4, 2, 3)], states=1, least=1).has_cont is False
    with pytest.raises(LayerFault, match="1 bottoms, expected 2 or 3"):
        recurrent_extent(param, [(4, 2, 3)], states=1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"num_layers": 0}, "num_layers must be at least 1"),
        ({"num_layers": 2**32 - 1}, "num_layers 4,294,967,295; at most 1,000 are allowed"),
        ({"dropout_ratio": 1}, "dropout_ratio 1 is not in"),
    ],
)
def test_faults_of_fields(fields, message):
    param = LayerParameter(recurrent_param={"num_output": 7, **fields})
    with pytest.raises(LayerFault, match=message):
        recurrent_extent(param, [(4, 2, 3), (4, 2)], states=1)


def test_hidden_gradient_stops_are_the_exposed_states():
    param = LayerParameter(bottom=["x", "cont", "h", "c"], top=["y", "h_T", "c_T"])
    assert hidden_gradient_stops(param, 2) == ((), (), None)
    param.recurrent_param.expose_hidden = True
    stops = hidden_gradient_stops(param, 2)
    assert (stops.bottoms, stops.tops) == ((2, 3), (1, 2))
    assert "propagate_hidden: true" in (stops.hint or "")
    param.recurrent_param.propagate_hidden = True
    assert hidden_gradient_stops(param, 2) == ((), (), None)


def test_carried_state_keeps_copies_and_resets():
    state = CarriedState(2, (1, 3, 2))
    h, c = state.take(3)
    assert not h.any()
    addresses = [buffer.data_ptr() for buffer in state.buffers()]
    state.keep(h + 1, (c + 2).requires_grad_())
    assert [buffer.data_ptr() for buffer in state.buffers()] == addresses
    h, c = state.take(3)
    assert (h == 1).all()
    assert (c == 2).all()
    assert not c.requires_grad
    h.zero_()
    assert state.take(3)[0].all()
    assert [tuple(s.shape) for s in state.take(4)] == [(1, 4, 2), (1, 4, 2)]
    state.keep(*torch.ones(2, 1, 4, 2))
    state.reset()
    assert not any(s.any() for s in state.take(4))
