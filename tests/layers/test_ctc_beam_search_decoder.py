from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "cont" type: "DummyData" top: "cont" dummy_data_param { shape { dim: 4 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "CTCBeamSearchDecoder" bottom: "x" bottom: "cont" top: "y" top: "score"
  ctc_decoder_param { max_candidates: 3 } }
"""
# Graves' example: the best path is blank, blank, but the sequence of one label is more probable
LOG = torch.tensor([[[0.3, 0.1, 0.6], [0.8, 0.1, 0.1]], [[0.3, 0.1, 0.6], [0.1, 0.7, 0.2]]]).log()
CONT = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
SHAPES = ((2, 2, 3), (2, 2))
TYPE = 'type: "CTCBeamSearchDecoder"'


def test_sequences_scores_and_accuracy(make):
    labels = torch.tensor([[0.0, 0.0], [-1.0, 2.0]])
    decoder = make(f'{TYPE} top: "y" top: "score" top: "accuracy"', *SHAPES, (2, 2))
    sequences, scores, accuracy = decoder(LOG, CONT, labels)
    assert sequences[..., 0, 0].tolist() == [[0, -1], [0, 1]]
    # 0.3 0.3 + 2 * 0.3 0.6, and 0.8 0.7
    torch.testing.assert_close(scores.flatten(), -torch.tensor([0.45, 0.56]).log())
    assert accuracy.tolist() == [[[[0.5]]]]


def test_second_top_is_the_score_without_labels(make):
    _, scores = make(f'{TYPE} top: "y" top: "z"', *SHAPES)(LOG, CONT)
    assert scores.shape == (2, 1, 1, 1)
    labels = torch.tensor([[0.0, 0.0], [-1.0, 1.0]])
    assert make(f'{TYPE} top: "y" top: "z"', *SHAPES, (2, 2))(LOG, CONT, labels)[1].tolist() == [[[[1]]]]


def test_sequence_ends_where_the_next_begins(make):
    sequences = make(TYPE, *SHAPES)(LOG, torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    assert sequences[..., 0, 0].tolist() == [[0, -1], [0, -1]]


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="the accuracy needs labels"):
        shapes(f'{TYPE} top: "y" top: "s" top: "a"', *SHAPES)
    with pytest.raises(LayerFault, match="max_candidates must be at least 1"):
        shapes(f"{TYPE} ctc_decoder_param {{ max_candidates: 0 }}", *SHAPES)
    with pytest.raises(LayerFault, match="blank label 3 of 3"):
        shapes(f"{TYPE} ctc_decoder_param {{ blank_index: 3 }}", *SHAPES)
