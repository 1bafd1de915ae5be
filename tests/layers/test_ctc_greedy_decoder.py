from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "cont" type: "DummyData" top: "cont" dummy_data_param { shape { dim: 4 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "CTCGreedyDecoder" bottom: "x" bottom: "cont" top: "y" top: "score" }
"""
BEST = torch.tensor([[1, 1, 3, 1, 0], [2, 2, 2, 0, 3]]).T
SCORES = torch.nn.functional.one_hot(BEST, 4) * 0.5
CONT = torch.tensor([[0.0, 1, 1, 1, 0], [0, 1, 1, 1, 1]]).T
SHAPES = ((5, 2, 4), (5, 2))


def test_sequences_scores_and_accuracy(make):
    labels = torch.tensor([[1.0, -1, 7], [2, 0, 1]]).T
    text = 'type: "CTCGreedyDecoder" top: "y" top: "score" top: "accuracy"'
    sequences, scores, accuracy = make(text, *SHAPES, (3, 2))(SCORES, CONT, labels)
    assert sequences[..., 0, 0].tolist() == [[1, 1, -1, -1, -1], [2, 0, -1, -1, -1]]
    assert scores.flatten().tolist() == [-2, -2.5]
    # the first begins with its labels; the second has one too few
    assert accuracy.tolist() == [[[[0.5]]]]


def test_second_top_is_the_accuracy_with_labels_and_the_score_without(make):
    text = 'type: "CTCGreedyDecoder" top: "y" top: "z" ctc_decoder_param { ctc_merge_repeated: false }'
    sequences, scores = make(text, *SHAPES)(SCORES, CONT)
    assert sequences[0, :, 0, 0].tolist() == [1, 1, 1, -1, -1]
    assert scores.shape == (2, 1, 1, 1)
    labels = torch.tensor([[1.0, 1, 1], [2, 2, 2]]).T
    assert make(text, *SHAPES, (3, 2))(SCORES, CONT, labels)[1].tolist() == [[[[1]]]]


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="the accuracy needs labels"):
        shapes('type: "CTCGreedyDecoder" top: "y" top: "s" top: "a"', *SHAPES)
    with pytest.raises(LayerFault, match=r"labels of shape \(2, 3\) for 2 sequences"):
        shapes("CTCGreedyDecoder", *SHAPES, (2, 3))
