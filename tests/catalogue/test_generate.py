"""The table is generated from the registered classes."""

from __future__ import annotations

import json

from layerzoo.catalogue.generate import table_text
from layerzoo.catalogue.table import SOURCES, TABLE


def test_generated_table_is_the_one_in_the_package() -> None:
    generated = json.loads(table_text())
    assert list(generated) == ["sources", *SOURCES]
    assert generated["layers"]["Pooling"]["rows"] == {"bottoms": "1", "tops": "1 to 2", "in place": "no"}
    assert generated == json.loads(TABLE.read_text("utf-8")), "run scripts/generate"
