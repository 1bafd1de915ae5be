"""The registry is asked once it has been imported, or if the table is older than the code; else the table."""

from __future__ import annotations

import sys

import pytest

from layerzoo.catalogue import known as module
from layerzoo.catalogue.known import known, known_names
from layerzoo.catalogue.registered import Registered
from layerzoo.catalogue.table import Table


def test_imported_registry_is_asked() -> None:
    assert isinstance(known("layers"), Registered)  # this test module has imported it


def test_table_stands_for_a_registry_that_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "layerzoo.filler")
    assert isinstance(known("fillers"), Table)


def test_stale_table_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "layerzoo.filler")
    monkeypatch.setattr(module, "table_of", lambda kind: None)
    assert isinstance(known("fillers"), Registered)


def test_known_names_are_those_of_all_kinds() -> None:
    assert {"Convolution", "Adam", "step", "xavier", "digits"} <= known_names()
