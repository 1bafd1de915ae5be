"""Data sets that the library datasets has saved to disk."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import datasets  # type: ignore[import-untyped]
import numpy as np
import pytest
from PIL import Image

from layerzoo.data.hugging_face import HuggingFaceSamples, has_part, open_saved
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.errors import DataError, MissingExtraError
from layerzoo.reader import sandbox

datasets.disable_progress_bars()


def image(grey: int) -> dict[str, bytes | None]:
    file = io.BytesIO()
    Image.fromarray(np.full((2, 3), grey, np.uint8)).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


def made(*greys: int) -> datasets.Dataset:
    kinds = datasets.Features({"picture": datasets.Image(), "kind": datasets.ClassLabel(names=["a", "b"])})
    rows = {"picture": [image(grey) for grey in greys], "kind": [number % 2 for number in range(len(greys))]}
    return datasets.Dataset.from_dict(rows, features=kinds)


def test_columns_are_found_by_their_features(tmp_path: Path) -> None:
    made(10, 20, 30).save_to_disk(str(tmp_path / "d"))
    opened = open_saved(tmp_path / "d", "train")
    assert (opened.image, opened.label, opened.names, opened.divided) == (
        "picture",
        "kind",
        ["a", "b"],
        False,
    )
    samples = HuggingFaceSamples(opened, Pipeline(Decode(False)), "d", None)
    images, labels = samples.read(np.array([2, 1]), np.arange(2), 0)
    assert images[:, 0, 0, 0].tolist() == [30, 20]
    assert labels.tolist() == [0, 1]
    assert (len(samples), samples.name(1), samples.labels().tolist()) == (3, "d: row 1", [0, 1, 0])
    with pytest.raises(DataError, match="no column 'pictures'; did you mean 'picture'"):
        open_saved(tmp_path / "d", "train", "pictures")


@pytest.mark.parametrize("place", [1, 3])
def test_offsets_outside_of_the_file_are_refused(tmp_path: Path, place: int) -> None:
    made(10, 20, 30).save_to_disk(str(tmp_path / "d"))
    (file,) = (tmp_path / "d").glob("*.arrow")
    sizes = [len(image(grey)["bytes"] or b"") for grey in (10, 20, 30)]
    offsets = np.cumsum([0, *sizes]).astype("<i4")
    data = file.read_bytes()
    assert data.count(offsets.tobytes()) == 1
    at = data.index(offsets.tobytes())
    offsets[place] = 1 << 30
    file.write_bytes(data[:at] + offsets.tobytes() + data[at + offsets.nbytes :])
    with pytest.raises(DataError, match=r"can't be read: .* Invalid: .*offset"):
        open_saved(tmp_path / "d", "train")


def test_splits_are_parts(tmp_path: Path) -> None:
    both = datasets.DatasetDict({"train": made(10, 20), "validation": made(30)})
    both.save_to_disk(str(tmp_path / "d"))
    assert has_part(tmp_path / "d", "val")
    assert not has_part(tmp_path / "d", "test")
    opened = open_saved(tmp_path / "d", "val")
    assert opened.divided
    assert len(opened.labels) == 1
    with pytest.raises(DataError, match="no split 'test'; it has train, validation"):
        open_saved(tmp_path / "d", "test")


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a data set that save_to_disk wrote"):
        open_saved(tmp_path, "train")
    made(10).save_to_disk(str(tmp_path / "d"))
    for file in (tmp_path / "d").glob("*.arrow"):
        file.write_bytes(b"damaged")
    with pytest.raises(DataError, match="not a data set that save_to_disk wrote"):
        open_saved(tmp_path / "d", "train")


def test_rows_without_an_image_are_named(tmp_path: Path) -> None:
    rows = {"image": [image(1), None], "label": [0, 1]}
    kinds = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
    datasets.Dataset.from_dict(rows, features=kinds).save_to_disk(str(tmp_path / "d"))
    opened = open_saved(tmp_path / "d", "train")
    assert opened.names is None
    samples = HuggingFaceSamples(opened, Pipeline(Decode(False)), "d", 2)
    assert samples.part_of(0) == 2
    with pytest.raises(DataError, match="d: row 1: no image in column 'image'"):
        samples.read(np.array([0, 1]), np.arange(2), 0)


def test_labels_that_are_no_whole_numbers_are_refused(tmp_path: Path) -> None:
    rows = {"image": [image(1)], "label": ["x"]}
    kinds = datasets.Features({"image": datasets.Image(), "label": datasets.Value("string")})
    datasets.Dataset.from_dict(rows, features=kinds).save_to_disk(str(tmp_path / "d"))
    with pytest.raises(DataError, match="column 'label' doesn't hold a whole number in each row"):
        open_saved(tmp_path / "d", "train")


def test_the_sandbox_and_a_missing_library_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[huggingface\]"):
        open_saved(tmp_path, "train")
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    with pytest.raises(DataError, match="aren't read in the sandbox"):
        open_saved(tmp_path, "train")
