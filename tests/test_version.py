"""The version, in one place."""

from __future__ import annotations

import re
from pathlib import Path

import layerzoo
from layerzoo.version import __version__

ROOT = Path(__file__).parent.parent


def test_version_is_the_packages_and_has_a_section_in_the_changelog() -> None:
    assert layerzoo.__version__ == __version__
    assert "version = attr: layerzoo.version.__version__" in (ROOT / "setup.cfg").read_text("utf-8")
    sections = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert sections[0] == __version__
