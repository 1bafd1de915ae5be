"""Pictures of transforms."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from layerzoo.data_report.preview import Previewer
from layerzoo.data_report.sources import DataSource
from tests.data_report.photos import net_text, photos, sources


def previewer(folder: Path) -> Previewer:
    def opened() -> DataSource:
        return sources(net_text(folder, transform=""))[0]

    return Previewer(opened)


def pixels(uri: str) -> np.ndarray:
    data = b64decode(uri.removeprefix("data:image/jpeg;base64,"))
    return np.asarray(Image.open(BytesIO(data)), np.float64)


def test_variants_show_the_transform(tmp_path: Path) -> None:
    asked = previewer(photos(tmp_path))
    plain = asked.answer({"rows": 1, "columns": 1})["samples"][0]
    assert abs(pixels(plain["original"]) - pixels(plain["variants"][0])).mean() < 1
    answer = asked.answer({"transform": "mirror: true crop_size: 20", "rows": 2, "columns": 6})
    asked.close()
    assert answer["shape"] == [2, 3, 20, 20]
    first = answer["samples"][0]
    assert first["label"] == "cat"
    assert len(set(first["variants"])) > 1


def test_seed_changes_what_is_drawn(tmp_path: Path) -> None:
    asked = previewer(photos(tmp_path))
    request = {"transform": "warp_param { max_rotation: 90 }", "rows": 1, "columns": 1}
    one, again, other = (asked.answer({**request, "seed": seed})["samples"] for seed in (1, 1, 2))
    assert one == again != other


def test_mistakes_are_answered(tmp_path: Path) -> None:
    asked = previewer(photos(tmp_path))
    assert "expected a whole number from 1 to 12" in asked.answer({"rows": 13})["error"]
    assert "unknown field" in asked.answer({"transform": "x: 1"})["error"]
