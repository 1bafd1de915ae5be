"""Lists of what configs can name."""

from __future__ import annotations

import pytest

from layerzoo.catalogue import KINDS, listing
from layerzoo.catalogue.listing import first_sentence, origin
from layerzoo.errors import UsageError
from layerzoo.layer import LAYERS


def test_layers_stand_by_family_with_a_line_each() -> None:
    entries = listing("layers")
    assert {e.name for e in entries} == set(LAYERS)
    families = list(dict.fromkeys(e.family for e in entries))
    assert families == [
        "data",
        "vision",
        "recurrent",
        "common",
        "normalisation",
        "activation",
        "utility",
        "loss",
    ]
    assert all(len(e.line) > 15 and "``" not in e.line for e in entries)
    (relu,) = (e for e in entries if e.name == "ReLU")
    assert relu.line == "Rectified linear unit: y = max(x, 0) + negative_slope * min(x, 0)"
    assert (relu.family, relu.origin) == ("activation", "BVLC")


def test_all_61_of_caffes_types_are_there_and_told_from_our_own() -> None:
    caffes = [e.name for e in listing("layers") if e.origin == "BVLC"]
    assert len(caffes) == 61
    assert "Dataset" not in caffes


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_list_has_something_and_says_what_it_is(kind: str) -> None:
    entries = listing(kind)
    assert len(entries) > 1
    assert [e.name for e in entries if not e.line] == []


def test_origins_of_solvers() -> None:
    own = {e.name: e.origin for e in listing("solvers")}
    assert (own["SGD"], own["AdamW"]) == ("BVLC", "own")


def test_mistakes() -> None:
    with pytest.raises(UsageError, match="no list of 'layer'; did you mean 'layers'"):
        listing("layer")


@pytest.mark.parametrize(
    ("doc", "line"),
    [
        ("One. Two.", "One"),
        ("A ``b.c`` d,\n    and e.\n\n    More.", "A b.c d, and e"),
        ("Ends in ... no. Yes.", "Ends in ... no"),
        (None, ""),
    ],
)
def test_first_sentence(doc: str | None, line: str) -> None:
    assert first_sentence(doc) == line


def test_origin_is_the_source_that_a_docstring_names() -> None:
    assert origin("X. Source:\n  Caffe's ``x_layer``.") == "BVLC"
    assert origin("X. Source: ours, after Caffe's.") == "own"
