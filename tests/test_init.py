"""The public Python API: its names, and their list in the README."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import layerzoo

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_readme_lists_the_public_api() -> None:
    table = README[README.index("| for | names |") : README.index("## Scripts for Caffe")]
    listed = re.findall(r"`(\w+)`", table)
    assert sorted(listed) == sorted(layerzoo.__all__)


def test_names_are_defined_and_in_order() -> None:
    assert layerzoo.__all__ == sorted(layerzoo.__all__)
    for name in layerzoo.__all__:
        assert getattr(layerzoo, name) is not None
        assert name in dir(layerzoo)


def test_errors_are_layerzoo_errors() -> None:
    errors = [name for name in layerzoo.__all__ if name.endswith(("Error", "Fault"))]
    assert len(errors) == 11
    assert all(issubclass(getattr(layerzoo, name), layerzoo.LayerzooError) for name in errors)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'layerzoo' has no attribute 'Nett'; did you mean 'Net'"):
        layerzoo.Nett  # noqa: B018 (asked for)


def test_import_does_not_import_torch() -> None:
    code = "import sys, layerzoo; dir(layerzoo); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
