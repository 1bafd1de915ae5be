"""Folders that the studio may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.routing import ForbiddenError, NotFoundError
from layerzoo.studio.security import Roots


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    for name in ("work", "more", "secret"):
        (tmp_path / name).mkdir()
    (tmp_path / "secret" / "key").write_text("x")
    (tmp_path / "work" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "work" / "loop").symlink_to(tmp_path / "work" / "loop")
    return Roots([tmp_path / "work", tmp_path / "more"])


def test_relative_paths_start_in_the_first_folder(roots: Roots, tmp_path: Path) -> None:
    assert roots.path("a/b") == tmp_path / "work" / "a" / "b"
    assert roots.path(str(tmp_path / "more" / "x")) == tmp_path / "more" / "x"
    assert roots.shown(tmp_path / "work" / "a") == "a"
    assert roots.shown(tmp_path / "more" / "a") == str(tmp_path / "more" / "a")


@pytest.mark.parametrize(
    "text", ["..", "../secret/key", "/etc/passwd", "link/key", "a/../../secret", "~/x", "/"]
)
def test_a_path_that_leads_out_is_refused(roots: Roots, text: str) -> None:
    with pytest.raises(ForbiddenError, match="outside the folders of this studio"):
        roots.path(text)


@pytest.mark.parametrize("text", ["", "a\0b", "loop/x"])
def test_what_is_no_path_is_refused(roots: Roots, text: str) -> None:
    with pytest.raises(UsageError):
        roots.existing(text)


def test_existing_needs_a_file(roots: Roots) -> None:
    with pytest.raises(NotFoundError, match="no file or folder missing"):
        roots.existing("missing")


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        Roots([tmp_path / "missing"])
