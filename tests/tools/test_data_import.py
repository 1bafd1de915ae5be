"""Data of other formats as an LMDB."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.annotated import read_annotated
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.errors import DataError, UsageError
from layerzoo.layers.annotated_data import AnnotatedData
from layerzoo.layers.data import Data
from layerzoo.schema import LayerParameter
from layerzoo.tools.data_import import ImportSettings, import_data, kind_of
from tests.tools.imported import drawn, read


def test_records_are_shuffled_alike_each_time(tmp_path: Path) -> None:
    for number in range(20):
        name = tmp_path / "photos" / "ab"[number // 10] / f"{number}.png"
        name.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((2, 2, 3), number, np.uint8)).save(name)
    orders = []
    for target in ("first", "second"):
        import_data(tmp_path / "photos", tmp_path / target, ImportSettings(shuffle=True))
        images, labels = read(tmp_path / target, 20)
        orders.append([int(image[0, 0, 0]) for image in images])
        assert labels == [number // 10 for number in orders[-1]]
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == list(range(20))
    assert 2 <= sum(number < 10 for number in orders[0][:10]) <= 8, "sorted, it is 10"


def test_names_of_classes_are_those_of_the_layers(tmp_path: Path) -> None:
    source = drawn(tmp_path / "photos")
    import_data(source, tmp_path / "db", ImportSettings())
    param = LayerParameter(data_param={"source": str(tmp_path / "db")})
    assert Data.class_names(param) == ["a", "b"]
    (source / "b" / "2.xml").write_text(
        "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax>"
        "</bndbox></object></annotation>"
    )
    import_data(source / "b", tmp_path / "v", ImportSettings())
    param = LayerParameter(data_param={"source": str(tmp_path / "v")})
    assert AnnotatedData.class_names(param) == ["background", "dog"]
    param.annotated_data_param.yolo_data_type = 1
    assert AnnotatedData.class_names(param) == ["dog"]


def test_a_damaged_image_stops_and_the_import_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerzoo.tools.resumable_lmdb._PUTS_A_TRANSACTION", 1)
    source = drawn(tmp_path / "photos")
    whole = (source / "b" / "3.png").read_bytes()
    (source / "b" / "3.png").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"3.png: not an image"):
        import_data(source, tmp_path / "db", ImportSettings())
    assert not (tmp_path / "db").exists()
    (source / "b" / "3.png").write_bytes(whole)
    written = []
    import_data(source, tmp_path / "db", ImportSettings(), lambda what, done, _: written.append((what, done)))
    assert [done for what, done in written if what == "writing"] == [3]
    assert len(read(tmp_path / "db", 3)[0]) == 3


def interrupted(source: Path, target: Path, at: int = 2, **settings: str) -> None:
    """An import that is interrupted at a record."""

    def stop(what: str, done: int, _: int) -> None:
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_data(source, target, ImportSettings(**settings), stop)  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", ["label", "pixels"])
def test_an_import_of_changed_data_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    monkeypatch.setattr("layerzoo.tools.resumable_lmdb._PUTS_A_TRANSACTION", 1)
    source, labels = drawn(tmp_path / "photos"), tmp_path / "list.txt"
    labels.write_text("a/1.png 1\nb/2.png 2\nb/3.png 3\n")
    interrupted(labels, tmp_path / "db", at=3, root=str(source))
    if changed == "label":
        labels.write_text("a/1.png 5\nb/2.png 2\nb/3.png 3\n")
    else:
        Image.fromarray(np.full((4, 6, 3), 99, np.uint8)).save(source / "a" / "1.png")
    import_data(labels, tmp_path / "db", ImportSettings(root=str(source)))
    images, read_labels = read(tmp_path / "db", 3)
    assert (read_labels[0], int(images[0][0, 0, 0])) == ((5, 10) if changed == "label" else (1, 99))


def test_boxes_that_changed_begin_an_import_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.tools.resumable_lmdb._PUTS_A_TRANSACTION", 1)
    drawn(tmp_path)
    content = {
        "images": [{"id": n, "file_name": f"b/{n}.png", "height": 4, "width": 6} for n in (2, 3)],
        "categories": [{"id": 5, "name": "cat"}],
        "annotations": [{"image_id": 2, "category_id": 5, "bbox": [0, 0, 3, 2]}],
    }
    (tmp_path / "c.json").write_text(json.dumps(content))
    interrupted(tmp_path / "c.json", tmp_path / "db")
    content["annotations"][0]["bbox"] = [3, 0, 3, 4]
    (tmp_path / "c.json").write_text(json.dumps(content))
    import_data(tmp_path / "c.json", tmp_path / "db", ImportSettings())
    _, _, boxes = read_annotated(LMDBRecords(tmp_path / "db").read([0]), str)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0.5, 0, 1, 1]]


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("folder", {"root": "x"}),
        ("folder", {"labels": "x"}),
        ("list", {"part": "x"}),
        ("idx", {"gray": True}),
        ("cifar", {"gray": True}),
        ("hdf5", {"gray": True}),
        ("hdf5", {"part": "train"}),
        ("voc", {"root": "x"}),
    ],
)
def test_flags_without_effect_are_refused(tmp_path: Path, kind: str, flags: dict[str, object]) -> None:
    (flag,) = flags
    with pytest.raises(UsageError, match=f"-{flag} is of .*, and the source is of kind {kind}; remove it"):
        import_data(tmp_path, tmp_path / "db", ImportSettings(kind=kind, **flags))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("list.txt", "list"),
        ("t.TSV", "csv"),
        ("train-images-idx3-ubyte", "idx"),
        ("train-images-idx3-ubyte.gz", "idx"),
        ("data_batch_1.bin", "cifar"),
        ("x.hdf5", "hdf5"),
        ("instances.json", "coco"),
        ("a/x.xml", "voc"),
        ("a/Annotations/x.xml", "voc"),
        ("a/b.ubyte/1.png", "folder"),
    ],
)
def test_kinds_are_recognised_by_names(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    assert kind_of(tmp_path / name.partition("/")[0]) == kind


def test_unknown_kinds_and_missing_sources(tmp_path: Path) -> None:
    (tmp_path / "x.dat").touch()
    with pytest.raises(UsageError, match="the format isn't known; name it by -kind: folder, list, csv, idx"):
        kind_of(tmp_path / "x.dat")
    with pytest.raises(UsageError, match="unknown kind 'tar'; expected folder, list, csv, idx"):
        import_data(tmp_path / "x.dat", tmp_path / "db", ImportSettings(kind="tar"))
    with pytest.raises(DataError, match="No such file"):
        kind_of(tmp_path / "none")
    with pytest.raises(DataError, match="No such file"):
        import_data(tmp_path / "none", tmp_path / "db", ImportSettings(kind="folder"))
