"""Transforms from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data_report.given_transform import with_transform
from layerzoo.errors import ConfigError
from tests.data_report.photos import net_text, photos, sources


def test_text_takes_the_place_of_the_own_transforms(tmp_path: Path) -> None:
    given = with_transform(sources(net_text(photos(tmp_path))), "crop_size: 9")
    assert given[0].param.transform_param.crop_size == 9
    assert not given[0].param.transform_param.resize_param


def test_empty_text_keeps_the_own_transforms(tmp_path: Path) -> None:
    given = with_transform(sources(net_text(photos(tmp_path))), " ")
    assert given[0].param.transform_param.resize_param[0].height == 32


def test_fault_names_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="-transform:1:1: unknown field 'crop'"):
        with_transform(sources(net_text(photos(tmp_path))), "crop: 9")
