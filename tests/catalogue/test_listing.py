"""Lists of the names that configs can use."""

from __future__ import annotations

import pytest

from layerzoo.catalogue import KINDS, listing
from layerzoo.catalogue.listing import first_sentence, origin
from layerzoo.errors import UsageError
from layerzoo.layer import LAYERS


def test_layers_are_grouped_by_family_with_one_line_each() -> None:
    entries = listing("layers")
    assert {e.name for e in entries} == set(LAYERS)
    families = list(dict.fromkeys(e.family for e in entries))
    first = ["data", "vision", "recurrent", "common", "normalisation", "activation", "utility", "detection"]
    assert families[:9] == [*first, "loss"]
    assert all(len(e.line) > 15 and "``" not in e.line for e in entries)
    (relu,) = (e for e in entries if e.name == "ReLU")
    assert relu.line == "Rectified linear unit: y = max(x, 0) + negative_slope * min(x, 0)"
    assert (relu.family, relu.origin) == ("activation", "BVLC")


def test_listing_has_all_61_layer_types_of_caffe() -> None:
    caffes = [e.name for e in listing("layers") if e.origin == "BVLC"]
    assert len(caffes) == 61
    assert "Dataset" not in caffes


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_lists_are_not_empty_and_have_descriptions(kind: str) -> None:
    entries = listing(kind)
    assert len(entries) > 1
    assert [e.name for e in entries if not e.line] == []


def test_layers_of_forks_name_the_fork_and_the_paper() -> None:
    entries = {e.name: e for e in listing("layers")}
    assert entries["PriorBox"].origin == "fork"
    assert entries["PriorBox"].source == "prior_box_layer of SSD's fork of Caffe (Liu et al. 2016)"
    assert entries["Reverse"].line.endswith("by default along axis 0, e.g. time"), entries["Reverse"].line
    assert (entries["CSVData"].origin, entries["CSVData"].source) == ("own", "")
    assert (entries["ReLU"].origin, entries["ReLU"].source) == ("BVLC", "")
    assert [entries[name].origin for name in ("GELU", "MatMul", "LayerNorm", "Loop")] == ["own"] * 4
    unnamed = [e.name for e in entries.values() if e.origin == "fork" and len(e.source) < 15]
    assert unnamed == []


def test_origins_of_solvers() -> None:
    own = {e.name: e.origin for e in listing("solvers")}
    assert (own["SGD"], own["AdamW"]) == ("BVLC", "own")


def test_listing_rejects_unknown_kinds() -> None:
    with pytest.raises(UsageError, match="unknown list 'layer'; did you mean 'layers'"):
        listing("layer")


@pytest.mark.parametrize(
    ("doc", "line"),
    [
        ("One. Two.", "One"),
        ("A ``b.c`` d,\n    and e.\n\n    More.", "A b.c d, and e"),
        ("Ends in ... no. Yes.", "Ends in ... no"),
        ("Axes, e.g. of time, i.e. the first. Yes.", "Axes, e.g. of time, i.e. the first"),
        (None, ""),
    ],
)
def test_first_sentence(doc: str | None, line: str) -> None:
    assert first_sentence(doc) == line


def test_origin_is_the_source_that_a_docstring_names() -> None:
    assert origin("X. Source:\n  Caffe's ``x_layer``.") == "BVLC"
    assert origin("X. Source: ours, after Caffe's.") == "own"
