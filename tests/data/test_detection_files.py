"""Files of detections, against those that SSD's fork wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from google.protobuf import text_format

from layerzoo.data.detection_files import DetectionFiles, OutputSettings
from layerzoo.errors import DataError, LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import DetectionOutputParameter
from tests.conformance import FOLDER

RECORDED = sorted((FOLDER / "forks" / "outputs").glob("*.npz"))
MAP = "".join(f'item {{ name: "{name}" label: {i} }}' for i, name in enumerate(["none", "cat", "a/b"]))


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_files_are_those_of_the_fork(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with np.load(path) as stored:
        case = dict(stored)
    for key, value in case.items():
        if key.startswith("aux/"):
            (tmp_path / key.removeprefix("aux/")).write_text(str(value))
    net = Net(parse_net(str(case["prototxt"])).message, "TEST")
    inputs = {name: torch.from_numpy(case[f"in/{name}"]) for name in ("loc", "conf", "prior")}
    top = net(**inputs)["y"]
    torch.testing.assert_close(top, torch.from_numpy(case["out/y"]), rtol=1e-4, atol=1e-4)
    files = {key.removeprefix("file/"): str(text) for key, text in case.items() if key.startswith("file/")}
    written = {str(file): file.read_text() for file in Path("results").rglob("*")}
    assert written == files


def test_recorded_files_exist() -> None:
    assert len(RECORDED) == 3


def writer(folder: Path, fields: str = "", names: str = "x 10 20\ny 100 200\n", label_map: str = MAP):
    (folder / "map").write_text(label_map)
    (folder / "names").write_text(names)
    param = DetectionOutputParameter(num_classes=3)
    save = param.save_output_param
    save.output_directory, save.output_format = str(folder / "out"), "ILSVRC"
    save.label_map_file, save.name_size_file = str(folder / "map"), str(folder / "names")
    text_format.Merge(fields, save)
    return DetectionFiles("det", OutputSettings.of(param))


ROWS = torch.tensor(
    [[0, 1, 0.25, 0.1, 0.2, 0.5, 0.5], [1, 2, 1e-5, -1, 0.255, 0.5, 2], [1, 1, 0.5, 0.123, 0, 0.129, 0.5]]
)


def test_boxes_are_rounded_to_hundredths_then_cut_off(tmp_path: Path) -> None:
    files = writer(tmp_path)
    files.add(ROWS, 2)
    # the last: 24.6 and, for the width, 1.2 pixels
    assert (tmp_path / "out" / ".txt").read_text() == (
        "x 1 0.25 2 2 10 5\ny 2 1e-05 0 25 100 99\ny 1 0.5 24 0 25 50\n"
    )


def test_files_are_written_when_all_images_are_done(tmp_path: Path) -> None:
    files = writer(tmp_path, "num_test_image: 2", names="x 10 20\ny 100 200\nz 1 1\n")
    out = tmp_path / "out" / ".txt"
    files.add(ROWS[:1], 1)
    assert not out.exists()
    files.add(torch.tensor([[0.0, -1, -1, -1, -1, -1, -1]]), 1)
    assert out.read_text() == "x 1 0.25 2 2 10 5\n"
    files.add(ROWS[1:], 3)  # the third image is the first again
    assert out.read_text().splitlines() == ["y 2 1e-05 0 25 100 99", "y 1 0.5 24 0 25 50"]
    assert files.done == 1


def test_numbers_of_images_stand_without_quotes_in_json(tmp_path: Path) -> None:
    files = writer(tmp_path, 'output_format: "COCO" output_name_prefix: "d"', names="000123 10 20\n")
    files.add(torch.tensor([[0, 2, 1e-5, 0.1, 0.2, 0.5, 0.5]]), 1)
    text = (tmp_path / "out" / "d.json").read_text()
    assert '"image_id": 000123,\n            "category_id": "a\\/b",\n' in text
    assert '"score": "9.99999975e-06"' in text
    files.add(torch.zeros(0, 7), 1)
    assert (tmp_path / "out" / "d.json").read_text() == "[\n]\n"


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious")
    files = writer(tmp_path)
    files.add(ROWS, 2)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize(
    ("fields", "names", "label_map", "message"),
    [
        ('label_map_file: "nowhere"', "x 1 1", MAP, "layer 'det': nowhere: No such file"),
        ("", "x 1", MAP, "names:1: expected name, height and width"),
        ("", "x 1 -2", MAP, "names:1: expected"),
        ("", "", MAP, "0 images"),
        ("num_test_image: 3", "x 1 1", MAP, "1 images; num_test_image is 3"),
        ("", "x 1 1", 'item { name: "cat" label: 1 }', "class 2 has no name"),
        ("", "x 1 1", "item { lable: 1 }", "not a label map"),
        ('output_format: "VOC"', "x 1 1", MAP, "'a/b.txt' can't be the name of a file"),
    ],
)
def test_wrong_files_are_errors(tmp_path: Path, fields, names, label_map, message) -> None:
    files = writer(tmp_path, fields, names, label_map)
    with pytest.raises(DataError, match=message):
        files.add(ROWS[:1], 1)


def test_folder_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    files = writer(tmp_path, names="x 1 1")
    with pytest.raises(DataError, match="layer 'det': detections can't be written"):
        files.add(ROWS[:1], 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ('output_format: "KITTI"', "output_format 'KITTI'"),
        ("num_test_image: 0", "num_test_image is 0"),
        ("resize_param { width: 3 }", "height 0 and width 3"),
    ],
)
def test_invalid_fields_are_faults(tmp_path: Path, fields: str, message: str) -> None:
    with pytest.raises(LayerFault, match=message) as e:
        writer(tmp_path, fields)
    assert e.value.field.startswith("detection_output_param.save_output_param.")
