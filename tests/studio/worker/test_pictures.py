"""Pictures that users bring."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from layerzoo.errors import DataError
from layerzoo.studio.worker import pictures


def test_check_gives_the_size_and_refuses_what_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (30, 20)).save(path)
    assert pictures.check(str(path)) == {"width": 30, "height": 20}
    (tmp_path / "b.png").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(DataError, match="no picture"):
        pictures.check(str(tmp_path / "b.png"))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError):
        pictures.check(str(path))


def test_check_bounds_the_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (30, 20)).save(path)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 599)
    with pytest.raises(DataError, match="30 x 20 pixels; at most 599"):
        pictures.check(str(path))


@pytest.mark.parametrize(("size", "shown"), [((2000, 1000), (512, 256)), ((28, 14), (308, 154))])
def test_preview_has_a_bounded_size(size: tuple[int, int], shown: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.jpg")
    facts = pictures.preview(str(tmp_path / "a.jpg"), 512, str(tmp_path / "p.png"))
    assert (facts["width"], facts["height"]) == size
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == shown
