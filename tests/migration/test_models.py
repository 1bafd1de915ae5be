"""Finding the weights of nets."""

from __future__ import annotations

from pathlib import Path

from layerzoo.migration import Model, models_in
from tests.migration.test_migrate import TEXT


def test_weights_of_the_same_name_win_and_the_only_ones_belong_to_all(tmp_path: Path) -> None:
    for folder, files in {"a": ("x.caffemodel", "y.caffemodel"), "b": ("w.h5",), "c": ()}.items():
        (tmp_path / folder).mkdir()
        for file in files:
            (tmp_path / folder / file).touch()
        (tmp_path / folder / "x.prototxt").write_text(TEXT)
    (tmp_path / "a" / "z.prototxt").write_text(TEXT)
    assert models_in(tmp_path) == [
        Model(tmp_path / "a" / "x.prototxt", tmp_path / "a" / "x.caffemodel"),
        Model(tmp_path / "a" / "z.prototxt", None),
        Model(tmp_path / "b" / "x.prototxt", tmp_path / "b" / "w.h5"),
        Model(tmp_path / "c" / "x.prototxt", None),
    ]
