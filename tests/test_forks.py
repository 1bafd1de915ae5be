"""The table of layer types, fields and values of forks of Caffe."""

from __future__ import annotations

import pytest

from layerzoo import forks
from layerzoo.layer import LAYERS
from layerzoo.schema import fields, messages

ROWS = sorted(forks.table())


def test_table_names_messages_that_exist_and_forks() -> None:
    assert len(ROWS) > 100  # a row goes when its name is supported
    assert {of.partition(".")[0] for of, _ in ROWS} <= {forks.LAYER, *messages()}
    assert all(fork.strip() == fork != "" for named in forks.table().values() for fork in named.split(", "))


def test_table_has_no_layer_type_of_the_registry() -> None:
    types = [name for of, name in ROWS if of == forks.LAYER]
    assert len(types) > 10
    assert [name for name in types if name in LAYERS] == []


def test_table_has_no_field_or_value_of_the_schema() -> None:
    known = messages()
    rest = [(of.partition("."), name) for of, name in ROWS if of != forks.LAYER]
    assert [(m, name) for (m, dot, _), name in rest if not dot and name in fields(known[m])] == []
    enums = [(known[m].DESCRIPTOR.enum_types_by_name.get(enum), name) for (m, dot, enum), name in rest if dot]
    assert [(e.full_name, name) for e, name in enums if e is not None and name in e.values_by_name] == []


def test_forks_are_named_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {("layer", "Frobnicate"): "Here, There", ("PoolingParameter", "frobs"): "Elsewhere"}
    monkeypatch.setattr(forks, "table", lambda: rows)
    assert forks.forks_with_type("Frobnicate") == "Caffe's forks Here, There"
    assert forks.forks_with("PoolingParameter", "frobs") == "Caffe's fork Elsewhere"
    assert forks.forks_with_type("Convolution") is None
    assert forks.forks_with("PoolingParameter", "pool") is None
    assert forks.forks_with("layers", "frobs") is None
