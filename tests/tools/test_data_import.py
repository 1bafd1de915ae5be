"""Data of other formats as an LMDB."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from layerzoo.data.annotated import read_annotated
from layerzoo.data.datum import parse_datums
from layerzoo.data.image import Encoded
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.errors import DataError, UsageError
from layerzoo.image_file import decode
from layerzoo.layers.annotated_data import AnnotatedData
from layerzoo.layers.data import Data
from layerzoo.schema import LayerParameter
from layerzoo.tools.data_import import ImportSettings, import_data, kind_of
from tests.data.test_idx import IMAGES, LABELS, idx


def drawn(folder: Path) -> Path:
    for name, grey in (("a/1.png", 10), ("b/2.png", 20), ("b/3.png", 30)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 6, 3), grey, np.uint8)).save(folder / name)
    return folder


def read(path: Path, count: int) -> tuple[list[np.ndarray], list[float]]:
    images, labels = parse_datums(LMDBRecords(path).read(range(count)), None, str)
    return [np.asarray(image) for image in images], labels.tolist()


def test_a_folder_of_classes(tmp_path: Path) -> None:
    source = drawn(tmp_path / "photos")
    assert import_data(source, tmp_path / "db", ImportSettings()) == (3, ["a", "b"])
    images, labels = read(tmp_path / "db", 3)
    assert labels == [0, 1, 1]
    assert [int(image[0, 0, 0]) for image in images] == [10, 20, 30]
    values = LMDBRecords(tmp_path / "db").read([0])
    assert (source / "a" / "1.png").read_bytes() in values[0], "the file is stored as it is"


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


def test_a_part_of_a_divided_folder(tmp_path: Path) -> None:
    drawn(tmp_path / "photos/train")
    drawn(tmp_path / "photos/test")
    (tmp_path / "photos/test/a/1.png").unlink()
    with pytest.raises(UsageError, match="is divided into train, test; import each by itself, with -part"):
        import_data(tmp_path / "photos", tmp_path / "db", ImportSettings())
    made = import_data(tmp_path / "photos", tmp_path / "db", ImportSettings(part="test"))
    assert made == (2, ["a", "b"])
    assert read(tmp_path / "db", 2)[1] == [1, 1]


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


def test_images_are_resized_and_grey(tmp_path: Path) -> None:
    settings = ImportSettings(height=2, width=3, gray=True)
    import_data(drawn(tmp_path / "photos"), tmp_path / "db", settings)
    assert read(tmp_path / "db", 3)[0][1].tolist() == [[[20] * 3] * 2]


def test_a_list_and_a_table(tmp_path: Path) -> None:
    source = drawn(tmp_path / "photos")
    (tmp_path / "list.txt").write_text("b/3.png 7\na/1.png 2\n")
    assert import_data(tmp_path / "list.txt", tmp_path / "l", ImportSettings(root=str(source))) == (2, [])
    assert read(tmp_path / "l", 2)[1] == [7, 2]
    (tmp_path / "t.csv").write_text("photo,label\nb/3.png,dog\na/1.png,cat\nb/2.png,dog\n")
    imported = import_data(tmp_path / "t.csv", tmp_path / "c", ImportSettings(root=str(source)))
    assert imported == (3, ["cat", "dog"])
    assert read(tmp_path / "c", 3)[1] == [1, 0, 1]
    (tmp_path / "list.txt").write_text("b/3.png 7.5\n")
    with pytest.raises(DataError, match=r"label 7.5; a Datum holds whole numbers"):
        import_data(tmp_path / "list.txt", tmp_path / "m", ImportSettings(root=str(source)))


def test_idx_cifar_and_hdf5(tmp_path: Path) -> None:
    (tmp_path / "x-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "x-labels-idx1-ubyte").write_bytes(idx(LABELS))
    import_data(tmp_path / "x-images-idx3-ubyte", tmp_path / "i", ImportSettings())
    images, labels = read(tmp_path / "i", 2)
    np.testing.assert_array_equal(images[1][0], IMAGES[1])
    assert labels == [7, 2]
    (tmp_path / "b.bin").write_bytes(bytes([3]) + bytes([1, 2, 3]) * 1024)
    import_data(tmp_path / "b.bin", tmp_path / "b", ImportSettings())
    images, labels = read(tmp_path / "b", 1)
    assert (images[0].shape, labels) == ((3, 32, 32), [3])
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = np.full((2, 1, 2, 2), 0.5), [4, 5]
    import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings())
    images, labels = read(tmp_path / "h", 2)
    assert (images[0].tolist(), labels) == ([[[0.5] * 2] * 2], [4, 5])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2.5], r"h.h5: row 1: label 2.5; a Datum holds whole numbers"),
        ([1, np.nan], r"h.h5: row 1: label nan; a Datum holds whole numbers"),
        ([1, 1e10], r"h.h5: row 1: label 1e\+10; a Datum holds whole numbers"),
        ([[1, 2], [3, 4]], r"h.h5: 2 labels a row; a Datum holds one"),
    ],
)
def test_labels_that_a_datum_cannot_hold_are_refused(tmp_path: Path, labels: object, message: str) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = np.zeros((2, 1, 2, 2)), labels
    with pytest.raises(DataError, match=message):
        import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings())
    assert not (tmp_path / "h").exists()


def test_a_label_too_large_for_a_datum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("photos/b/3.png 3e9\n")
    drawn(tmp_path / "photos")
    with pytest.raises(DataError, match=r"3.png: label 3e\+09; a Datum holds whole numbers"):
        import_data(tmp_path / "list.txt", tmp_path / "m", ImportSettings())


@pytest.mark.parametrize("opencv", [True, False])
def test_images_of_floats_are_resized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opencv: bool) -> None:
    if not opencv:
        monkeypatch.setattr("layerzoo.image_file.opencv", lambda: None)
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = np.array([[[[0.25, 0.75], [0.25, 0.75]]]]), [1]
    import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings(height=1, width=4))
    ((image,), _) = read(tmp_path / "h", 1)
    np.testing.assert_allclose(image, [[[0.25, 0.375, 0.625, 0.75]]], rtol=1e-6)


def test_boxes_of_coco_and_voc(tmp_path: Path) -> None:
    source = drawn(tmp_path)
    (tmp_path / "c.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a/1.png", "height": 4, "width": 6}],
                "categories": [{"id": 5, "name": "cat"}],
                "annotations": [{"image_id": 1, "category_id": 5, "bbox": [3, 0, 3, 2], "iscrowd": 1}],
            }
        )
    )
    assert import_data(tmp_path / "c.json", tmp_path / "c", ImportSettings()) == (1, ["background", "cat"])
    images, _, boxes = read_annotated(LMDBRecords(tmp_path / "c").read([0]), str)
    assert isinstance(images[0], Encoded)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0.5, 0, 1, 0.5]]
    assert boxes[0].rows.tolist() == [[1, 0, 1]]
    (source / "b" / "2.xml").write_text(
        "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax>"
        "</bndbox></object></annotation>"
    )
    assert import_data(source / "b", tmp_path / "v", ImportSettings()) == (1, ["background", "dog"])
    _, _, boxes = read_annotated(LMDBRecords(tmp_path / "v").read([0]), str)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0, 0, 0.5, 1]]


@pytest.mark.parametrize("kind", ["voc", "coco"])
@pytest.mark.parametrize("resized", [{}, {"height": 8, "width": 8}])
def test_boxes_without_a_declared_size(tmp_path: Path, kind: str, resized: dict[str, int]) -> None:
    source = drawn(tmp_path) / "b"
    (source / "3.png").unlink()
    (source / "2.xml").write_text(
        "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax>"
        "</bndbox></object></annotation>"
    )
    (tmp_path / "c.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "b/2.png"}],
                "categories": [{"id": 5, "name": "dog"}],
                "annotations": [{"image_id": 1, "category_id": 5, "bbox": [0, 0, 3, 4]}],
            }
        )
    )
    settings = ImportSettings(**resized)  # type: ignore[arg-type]
    import_data(source if kind == "voc" else tmp_path / "c.json", tmp_path / "v", settings)
    _, _, boxes = read_annotated(LMDBRecords(tmp_path / "v").read([0]), str)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0, 0, 0.5, 1]], "of an image of 6 x 4 (width x height)"


def test_turned_images_are_stored_upright_with_their_boxes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "x.jpg", exif=exif, quality=100)
    (tmp_path / "a" / "x.xml").write_text(
        "<annotation><size><width>16</width><height>8</height></size><object><name>dog</name><bndbox>"
        "<xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>8</ymax></bndbox></object></annotation>"
    )
    import_data(tmp_path / "a", tmp_path / "v", ImportSettings())
    (image,), _, boxes = read_annotated(LMDBRecords(tmp_path / "v").read([0]), str)
    assert isinstance(image, Encoded)
    upright = decode(image.data, None, "x")
    assert upright.shape == (3, 16, 8)
    assert (int(upright[0, 1, 4]), int(upright[0, 14, 4])) == (255, 0), "white above black"
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0, 0, 1, 0.5]]


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


def test_a_part_of_a_folder_without_parts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"-part train: .* has no folders train, val and test; remove it"):
        import_data(drawn(tmp_path / "photos"), tmp_path / "db", ImportSettings(part="train"))


def test_kinds(tmp_path: Path) -> None:
    assert kind_of(drawn(tmp_path / "p")) == "folder"
    (tmp_path / "x.dat").touch()
    with pytest.raises(UsageError, match="the format isn't known; name it by -kind"):
        kind_of(tmp_path / "x.dat")
    with pytest.raises(DataError, match="No such file"):
        kind_of(tmp_path / "none")
    with pytest.raises(DataError, match="No such file"):
        import_data(tmp_path / "none", tmp_path / "db", ImportSettings(kind="folder"))
