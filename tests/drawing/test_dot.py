"""Diagrams in graphviz's dot language."""

from __future__ import annotations

from layerzoo.drawing.diagram import Diagram, Node
from layerzoo.drawing.dot import dot


def test_dot_lists_nodes_and_edges(two: Diagram) -> None:
    assert dot(two).startswith('digraph "a & b" {\n')
    assert dot(two).splitlines()[3:] == [
        '  n0 [label="in \\"1\\"\\nInput" fillcolor="#e8eaed" color="#5f6368"]',
        '  n1 [label="out" fillcolor="#f8e8f4" color="#a1327f"]',
        '  n0 -> n1 [label="2 x 3"]',
        "}",
    ]


def test_dot_escapes_backslashes_before_quotes() -> None:
    assert r'label="a\\\"b"' in dot(Diagram("n", [Node('a\\"b')]))
