"""LeNet beside the columns of a table."""

from dataclasses import replace

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.lenet_mlp import LeNetMLP
from tests.projects.built import built, shape_of


def test_images_numbers_and_categories_give_one_score(description: DataDescription) -> None:
    rows = replace(description, tops=["data", "numbers", "categories", "label"], shapes={"input_dim": [9]})
    inputs = {"data": (2, 3, 32, 32), "numbers": (2, 4), "categories": (2, 2)}
    graph = built(LeNetMLP().layers(rows, 3, 32), inputs)
    assert shape_of(graph, "joined") == (2, 128 + 4 + 2 * 8)
    assert shape_of(graph, "score") == (2, 3)


def test_numbers_alone_are_joined(description: DataDescription) -> None:
    rows = replace(description, tops=["data", "numbers", "label"])
    graph = built(LeNetMLP().layers(rows, 3, 32), {"data": (2, 3, 32, 32), "numbers": (2, 4)})
    assert shape_of(graph, "joined") == (2, 132)
