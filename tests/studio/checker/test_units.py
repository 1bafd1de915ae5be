"""Offsets in UTF-16 units."""

from __future__ import annotations

import pytest

from layerzoo.studio.checker.units import Units


@pytest.mark.parametrize("text", ["", "plain", "a😀b", "😀😀", "é\nü"])
def test_units_are_those_of_utf_16_and_lead_back(text: str) -> None:
    units = Units(text)
    for offset in range(len(text) + 1):
        at = len(text[:offset].encode("utf-16-le")) // 2
        assert units.at(offset) == at
        assert units.offset(at) == offset


def test_offsets_outside_are_moved_to_the_ends() -> None:
    for text in ("ab", "😀"):
        units = Units(text)
        assert units.at(99) == 2
        assert units.offset(99) == len(text)
        assert units.at(-1) == units.offset(-1) == 0
