from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 } } }
layer { name: "l" type: "CTCDecoder" bottom: "x" top: "y" }
layer { name: "m" type: "CTCDecoder" bottom: "x" top: "z" ctc_decoder_param { blank_index: 0 } }
"""

BEST = torch.tensor([[1, 1, 3, 1, 0], [2, 2, 2, 0, 3]])
SCORES = torch.nn.functional.one_hot(BEST, 4).float()  # (N, T, C); the blank label is the last


def test_best_path(make):
    y = make("CTCDecoder", (2, 4, 5))(SCORES.transpose(1, 2))
    assert y.shape == (2, 5, 1, 1)
    assert y[..., 0, 0].tolist() == [[1, 1, 0, -1, -1], [2, 0, -1, -1, -1]]


def test_in_place_until_a_sequence_begins_anew(make):
    cont = torch.tensor([[0.0, 1, 1, 0, 1], [0, 1, 1, 1, 1]]).T
    layer = make('type: "CTCDecoder" ctc_param { decode: IN_PLACE }', (5, 2, 4), (5, 2))
    assert layer(SCORES.transpose(0, 1), cont)[..., 0, 0].tolist() == [[1, 1, 3, -1, -1], [2, 2, 2, 0, 3]]


def test_axes_in_another_order(make):
    layer = make('type: "CTCDecoder" ctc_param { blank_index: 0 nct_axis: 1 nct_axis: 2 }', (5, 2, 4))
    assert layer(SCORES.transpose(0, 1))[..., 0, 0].tolist() == [[1, 3, 1, -1, -1], [2, 3, -1, -1, -1]]


def test_field_of_the_other_fork(make):
    layer = make('type: "CTCDecoder" ctc_decoder_param { ctc_merge_repeated: false }', (2, 4, 5))
    assert layer(SCORES.transpose(1, 2))[..., 0, 0].tolist() == [[1, 1, 1, 0, -1], [2, 2, 2, 0, -1]]


@pytest.mark.parametrize(
    ("text", "bottoms", "message"),
    [
        ("ctc_param { decode: BEAM_SEARCH }", ((2, 4, 5),), "BEAM_SEARCH is not supported"),
        ("ctc_param {} ctc_decoder_param {}", ((2, 4, 5),), "are of two forks"),
        ("", ((5, 2, 4), (4, 2)), r"indicators of shape \(4, 2\)"),
    ],
)
def test_mistakes(shapes, text, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "CTCDecoder" {text}', *bottoms)
