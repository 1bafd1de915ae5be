"""The names of layers and blobs of blocks."""

from __future__ import annotations

from layerzoo.expansion.naming import Naming


def test_block_puts_its_path_before_names() -> None:
    naming = Naming("res2/", {"x": "data"}, {"y": "out"})
    assert naming.layer("conv") == "res2/conv"
    assert naming.bottom("x") == "data"
    assert naming.top("h", in_place=False) == "res2/h"
    assert naming.top("y", in_place=False) == "out"
    assert naming.bottom("y") == "out"
    assert naming.top("y", in_place=True) == "out"


def test_in_place_on_an_input_is_a_blob_of_its_own_once() -> None:
    naming = Naming("a/", {"x": "data"})
    assert naming.top("x", in_place=True) == "a/x"
    assert naming.bottom("x") == "a/x"
    assert naming.top("x", in_place=True) == "a/x"


def test_in_place_on_an_input_as_written_changes_the_callers() -> None:
    assert Naming("", {"x": "data"}, as_written=True).top("x", in_place=True) == "data"


def test_repetition_sees_what_is_outside() -> None:
    outer = Naming("a/", {"x": "data"})
    inner = Naming("a/heads/0/", outer=outer)
    assert inner.bottom("x") == "data"
    assert inner.bottom("h") == "a/h"
    assert inner.top("h", in_place=False) == "a/heads/0/h"
    assert inner.bottom("h") == "a/heads/0/h"
    assert outer.bottom("h") == "a/h"
    assert inner.top("x", in_place=True) == "a/x"
