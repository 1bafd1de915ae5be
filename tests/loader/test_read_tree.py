"""Texts read as trees; nets told from solvers."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader.read_tree import check_kind, is_label_map, is_solver, read_tree
from layerzoo.nodes import MAX_BYTES
from layerzoo.source import Source


def tree(text: str) -> list[str]:
    faults: list[Fault] = []
    root = read_tree(text, None, None, faults)
    assert not faults
    return [child.key for child in root.children or ()]


def test_format_is_recognised_by_its_look() -> None:
    assert tree('layer { name: "a" }') == ["layer"]
    assert tree("layer:\n  - name: a\n") == ["layer"]


def test_comments_alone_and_huge_texts_are_refused() -> None:
    with pytest.raises(ConfigError, match="only comments; expected a config"):
        tree("# nothing\n")
    with pytest.raises(ConfigError, match="a config has at most"):
        tree("#" * (MAX_BYTES + 1))


def test_solver_and_net_are_told_apart() -> None:
    assert is_solver(Source("x", 'net: "a" base_lr: 1'))
    assert not is_solver(Source("x", 'layer { name: "a" }'))
    faults: list[Fault] = []
    with pytest.raises(ConfigError, match="this is a solver, not a net"):
        check_kind(read_tree('net: "a" base_lr: 1', None, None, faults), "net")
    with pytest.raises(ConfigError, match="this is a net, not a solver"):
        check_kind(read_tree('layer { name: "a" }', None, None, faults), "solver")


def test_label_map_is_recognised() -> None:
    assert is_label_map(Source("x", 'item { name: "a" label: 1 }'))
    assert not is_label_map(Source("x", 'layer { name: "item" }'))
