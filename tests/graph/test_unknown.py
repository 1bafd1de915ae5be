"""Faults of layers of an unknown type: message, position and each kind of hint."""

from __future__ import annotations

import pytest

from layerzoo import forks
from layerzoo.errors import Fault
from layerzoo.graph.unknown import unknown_type
from layerzoo.nodes import Node, prototxt
from layerzoo.registry import UnknownNameError
from layerzoo.source import Source


def node(text: str) -> Node:
    faults: list[Fault] = []
    found = prototxt.read(Source("net.prototxt", text), faults).first("layer")
    assert found is not None
    assert not faults
    return found


def fault(name: str, near: list[str], where: Node | None = None) -> Fault:
    error = UnknownNameError("layer type", name, near)
    error.near = near
    return unknown_type(error, "x", where)


@pytest.fixture(autouse=True)
def _known_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "table", lambda: {("layer", "Frobnicate"): "Here"})


def test_unknown_type_points_at_the_value_of_type() -> None:
    found = fault("Dens", ["Dense"], node('layer {\n  name: "x"\n  type: "Dens"\n}'))
    assert (found.message, found.layer) == ("unknown layer type 'Dens'", "x")
    assert str(found.origin) == "net.prototxt:3:9"


def test_unknown_type_has_no_position_in_a_message_built_in_memory() -> None:
    assert fault("Dens", []).origin is None


def test_unknown_type_suggests_similar_names() -> None:
    assert fault("Dens", ["Dense", "Den"]).hint == "did you mean 'Dense' or 'Den'?"


def test_unknown_type_names_the_fork_that_has_it() -> None:
    hint = "a layer type of Caffe's fork Here, which Layerzoo does not support"
    assert fault("Frobnicate", []).hint == hint
    assert fault("Frobnicate", ["Dense", "Den"]).hint == f"{hint} (similar types: Dense, Den)"


def test_unknown_type_without_similar_names_says_how_to_list_and_import_types() -> None:
    hint = fault("Zzz", []).hint or ""
    assert "layerzoo list layers" in hint
    assert "-allow_python MODULE" in hint
