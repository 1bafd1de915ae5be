"""A net over time of a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.temporal_conv import TemporalConv
from tests.projects.built import built, shape_of


@pytest.mark.parametrize(("length", "width"), [(9, 3), (2, 1), (1, 4)])
def test_each_sequence_has_one_score_a_class(description: DataDescription, length: int, width: int) -> None:
    sequences = replace(description, images=None, shapes={"data": (length, width)})
    graph = built(TemporalConv().layers(sequences, 5, 0), {"data": (2, length, width)})
    assert shape_of(graph, "conv1") == (2, 64, length, 1), "at each step, over all its numbers"
    assert shape_of(graph, "score") == (2, 5)
