"""A perceptron of a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerzoo.errors import DataError
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.mlp import MLP
from tests.projects.built import built, shape_of


def test_numbers_and_categories_are_joined(description: DataDescription) -> None:
    rows = replace(description, tops=["numbers", "categories", "label"], shapes={"input_dim": [9]})
    graph = built(MLP().layers(rows, 4, 0), {"numbers": (2, 3), "categories": (2, 2)})
    assert shape_of(graph, "features") == (2, 3 + 2 * 8)
    assert shape_of(graph, "score") == (2, 4)


def test_data_alone_are_taken_as_they_are(description: DataDescription) -> None:
    assert shape_of(built(MLP().layers(description, 4, 0), {"data": (2, 3)}), "score") == (2, 4)
    with pytest.raises(DataError, match="no column of numbers or categories"):
        MLP().layers(replace(description, tops=["label"]), 4, 0)
