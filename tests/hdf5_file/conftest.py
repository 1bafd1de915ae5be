"""Fixtures of the tests of HDF5 files."""

from __future__ import annotations

import pytest


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"
