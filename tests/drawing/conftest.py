"""A net and a small diagram that the tests of the picture formats draw."""

from __future__ import annotations

import pytest

from layerzoo.drawing.diagram import Diagram, Edge, Node
from layerzoo.graph import Graph
from layerzoo.loader import load_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState


@pytest.fixture(scope="session")
def lenet() -> Graph:
    """LeNet in TEST."""
    return graph_of(load_net("configs/lenet_train_test.yaml"), NetState(phase=TEST))


@pytest.fixture
def two() -> Diagram:
    """Two boxes and an arrow, with characters that formats have to escape."""
    nodes = [Node('in "1"', ["Input"], "data", "x < y"), Node("out")]
    return Diagram("a & b", nodes, [Edge(0, 1, "2 x 3", "blob")])
