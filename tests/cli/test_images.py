"""The images that a command's arguments name."""

from __future__ import annotations

from pathlib import Path

from layerzoo.cli.images import image_name, images_named, picture_name


def test_files_folders_and_patterns_are_named(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "note.txt"):
        (tmp_path / name).touch()
    assert list(images_named([str(tmp_path)])) == [tmp_path / "a.jpg", tmp_path / "b.png"]
    assert list(images_named([str(tmp_path / "*.png")])) == [tmp_path / "b.png"]
    assert list(images_named(["gone.png"])) == [Path("gone.png")]
    assert image_name(b"bytes") == "<stdin>"


def test_names_of_pictures_are_different() -> None:
    taken: set[str] = set()
    names = [picture_name(image, taken) for image in (Path("x/a.png"), Path("y/a.jpg"), b"", b"")]
    assert names == ["a", "a-2", "stdin", "stdin-2"]
