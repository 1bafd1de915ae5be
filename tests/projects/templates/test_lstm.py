"""Nets for texts."""

from __future__ import annotations

from dataclasses import replace

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.lstm import LineEmbedding, TextLSTM
from tests.projects.built import built, shape_of


def test_lstm_scores_each_token_that_may_come_next(description: DataDescription) -> None:
    text = replace(description, shapes={"input_dim": [30]})
    shapes = {"data": (8, 2), "label": (8, 2), "cont": (8, 2)}
    assert shape_of(built(TextLSTM().layers(text, 0, 0), shapes), "score") == (8, 2, 30)


def test_lines_are_the_mean_of_their_tokens(description: DataDescription) -> None:
    text = replace(description, shapes={"input_dim": [30]})
    graph = built(LineEmbedding().layers(text, 3, 0), {"data": (4, 9)})
    assert shape_of(graph, "mean") == (4, 32)
    assert shape_of(graph, "score") == (4, 3)
