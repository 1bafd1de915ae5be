"""Judge what a pass over the sources found."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from layerzoo.data_report.findings import Finding, judge, worst
from layerzoo.data_report.statistics import read_statistics
from tests.data_report.photos import net_text, photo, photos, save, sources


def findings(folder: Path, classes: int = 2) -> list[Finding]:
    return judge([read_statistics(source) for source in sources(net_text(folder, classes))])


def titles(found: list[Finding], level: str) -> list[str]:
    return [finding.title for finding in found if finding.level == level]


def test_good_data(tmp_path: Path) -> None:
    found = findings(photos(tmp_path))
    assert worst(found) == "good"
    assert titles(found, "good") == [
        f"TRAIN (FolderData {tmp_path}): all 12 samples that were read are readable",
        f"TRAIN (FolderData {tmp_path}): 2 classes with 6 samples each",
        f"TEST (FolderData {tmp_path}): all 10 samples that were read are readable",
        f"TEST (FolderData {tmp_path}): 2 classes with 5 samples each",
        "TRAIN and TEST share no samples",
    ]


def test_shared_samples_fail_and_near_ones_warn(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    shutil.copy(folder / "train/cat/t01.png", folder / "val/cat/copy.png")
    near = np.asarray(Image.fromarray(photo(102)).resize((60, 60)))
    save(folder / "val/dog/near.jpg", near, quality=80)
    found = findings(folder)
    assert titles(found, "fail") == ["1 of 12 samples of TEST are in TRAIN too, value for value"]
    assert found[0].details == [f"{folder}/val/cat/copy.png = {folder}/train/cat/t01.png"]
    ((first, second),) = found[0].pictures
    assert (first.caption, second.caption) == ("TRAIN: t01.png (cat)", "TEST: copy.png (cat)")
    assert titles(found, "warn") == ["1 of 12 images of TEST are nearly the same as images of TRAIN"]
    assert found[1].details == [f"{folder}/val/dog/near.jpg = {folder}/train/dog/t12.png"]


def test_labels_outside_of_the_net_fail(tmp_path: Path) -> None:
    (first, *_) = findings(photos(tmp_path), classes=1)
    assert first.level == "fail"
    assert "6 labels outside of 0 to 0, the classes of layer 'loss'" in first.title
    assert first.details[:2] == ["label 1: 6 times", f"{tmp_path}/train/dog/t10.png"]


def test_empty_and_rare_classes_and_imbalance_warn(tmp_path: Path) -> None:
    folder = photos(tmp_path, train=12)
    for number in range(1, 12):
        (folder / f"train/dog/t1{number}.png").unlink()
    warned = titles(findings(folder, classes=3), "warn")
    train = f"TRAIN (FolderData {folder})"
    assert warned[:2] == [f"{train}: 1 class has no samples: 2", f"{train}: classes are imbalanced, 12 to 1"]
    few = titles(findings(photos(tmp_path / "few", train=3)), "warn")
    assert few == [f"TRAIN (FolderData {tmp_path / 'few'}): classes with fewer than 5 samples"]


def test_unreadable_and_contradicting_samples(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    (folder / "train/cat/zbroken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    shutil.copy(folder / "train/cat/t01.png", folder / "train/dog/other.png")
    found = findings(folder)
    assert f"TRAIN (FolderData {folder}): 1 sample is unreadable" in titles(found, "fail")
    warned = titles(found, "warn")
    assert f"TRAIN (FolderData {folder}): 1 image has a duplicate with another label" in warned
    assert worst(found) == "fail"


def test_names_that_both_have_are_told(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    save(folder / "val/cat/t03.png", photo(900))
    found = findings(folder)
    assert titles(found, "warn") == ["1 file has the same name in TRAIN and TEST"]


def test_one_source_for_both_phases_fails() -> None:
    text = (
        'layer { name: "d" type: "Dataset" top: "d" top: "l" dataset_param { name: "digits" batch_size: 9 } }'
    )
    found = judge([read_statistics(source, 100) for source in sources(text)])
    assert titles(found, "fail") == [
        "TRAIN and TEST read the same 100 samples: the test says nothing of new data"
    ]


def test_names_belong_to_those_in_folders_of_the_same_name(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    save(folder / "val/dog/t05.png", photo(900))
    for name in ("cat", "dog"):
        save(folder / f"train/{name}/t05.png", photo(901))
    (found,) = [each for each in findings(folder) if each.title.endswith("the same name in TRAIN and TEST")]
    assert found.details == [f"{folder}/val/dog/t05.png = {folder}/train/dog/t05.png"]
