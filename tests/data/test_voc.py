"""Annotations in the format of PASCAL VOC."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.box_samples import AnnotatedFile
from layerzoo.data.voc import read_voc, read_xml
from layerzoo.errors import DataError


def annotation(*objects: tuple[str, int, int, int, int, int], filename: str = "", size: str = "") -> str:
    inner = "".join(
        f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox><xmin>{x1}</xmin>"
        f"<ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for name, x1, y1, x2, y2, difficult in objects
    )
    return f"<annotation><filename>{filename}</filename>{size}{inner}</annotation>"


def devkit(folder: Path) -> Path:
    for name in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / name).mkdir(parents=True)
    for stem in ("000001", "000002", "000003"):
        (folder / "JPEGImages" / f"{stem}.jpg").touch()
    size = "<size><width>20</width><height>10</height><depth>3</depth></size>"
    texts = (
        annotation(("dog", 1, 1, 20, 10, 0), ("cat", 3, 2, 8, 5, 1), filename="000001.jpg", size=size),
        annotation(("cat", 0, 1, 5, 5, 0)),
        annotation(),
    )
    for stem, text in zip(("000001", "000002", "000003"), texts, strict=True):
        (folder / "Annotations" / f"{stem}.xml").write_text(text)
    (folder / "ImageSets" / "Main" / "trainval.txt").write_text("000002\n000001  1\n")
    return folder


def test_boxes_are_pixels_from_0(tmp_path: Path) -> None:
    names, (one, two, three) = read_voc(devkit(tmp_path))
    assert names == ["cat", "dog"]
    assert (one.path, one.key, one.size) == (tmp_path / "JPEGImages" / "000001.jpg", "000001.jpg", (10, 20))
    assert one.edges.tolist() == [[0, 0, 20, 10], [2, 1, 8, 5]]
    assert (one.classes.tolist(), one.difficult.tolist()) == ([2, 1], [0, 1])
    assert (two.size, two.edges.tolist()) == (None, [[0, 0, 5, 5]])
    assert three.edges.shape == (0, 4)


def test_image_set_selects_and_orders(tmp_path: Path) -> None:
    _, files = read_voc(devkit(tmp_path), "trainval")
    assert [file.key for file in files] == ["000002.jpg", "000001.jpg"]
    (tmp_path / "own.txt").write_text("000003\n")
    assert [file.key for file in read_voc(tmp_path, str(tmp_path / "own.txt"))[1]] == ["000003.jpg"]
    with pytest.raises(DataError, match="no list 'trainvla'; did you mean 'trainval'"):
        read_voc(tmp_path, "trainvla")


def test_classes_do_not_depend_on_the_image_set(tmp_path: Path) -> None:
    devkit(tmp_path)
    lists = tmp_path / "ImageSets" / "Main"
    (lists / "train.txt").write_text("000001\n")
    (tmp_path / "Annotations" / "000003.xml").write_text(annotation(("ape", 1, 1, 4, 4, 0)))
    (lists / "test.txt").write_text("000003\n000002\n")
    for name, numbers in (("train", [3, 2]), ("test", [1, 2])):
        names, files = read_voc(tmp_path, name)
        assert names == ["ape", "cat", "dog"], name
        assert np.concatenate([file.classes for file in files]).tolist() == numbers
    names, files = read_voc(tmp_path, "test", ["dog", "cat"])
    assert (names, [file.classes.tolist() for file in files]) == (["dog", "cat"], [[], [2]])


def test_names_select_classes(tmp_path: Path) -> None:
    names, files = read_voc(devkit(tmp_path), names=["dog"])
    assert names == ["dog"]
    assert [len(file.edges) for file in files] == [1, 0, 0]
    with pytest.raises(DataError, match="no object of class 'dgo'; did you mean 'dog'"):
        read_voc(tmp_path, names=["dgo"])


def test_xml_files_beside_their_images(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "a.xml").write_text(annotation(("x", 1, 1, 4, 4, 0), filename="../../gone.jpg"))
    _, files = read_voc(tmp_path)
    assert files[0].path == tmp_path / "a.png"
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match=r"a.xml: no image 'gone.jpg' in"):
        read_voc(tmp_path)


def found(folder: Path, text: str) -> list[AnnotatedFile]:
    (folder / "a.png").touch()
    (folder / "a.xml").write_text(text)
    return read_voc(folder)[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation>", "not XML: no element found"),
        ("", "not XML"),
        ("<other/>", "the root is 'other'; expected annotation"),
        (annotation(("", 1, 1, 2, 2, 0)), "an object without a name"),
        (annotation(("x", 1, 1, 2, 2, 0)).replace("<xmax>2", "<xmax>wide"), "xmax of an object is 'wide'"),
        (annotation(("x", 1, 1, 2, 2, 0)).replace("<xmax>2", "<xmax>nan"), "xmax of an object is 'nan'"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>', "XML with a DOCTYPE"),
        ("<a>" * 20, "more than 16 elements inside each other"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        found(tmp_path, text)


def test_boxes_without_area_are_left_out(tmp_path: Path) -> None:
    assert len(found(tmp_path, annotation(("x", 5, 1, 4, 2, 0), ("x", 1, 1, 1, 1, 0)))[0].edges) == 1


def test_a_folder_without_xml_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no XML files"):
        read_voc(tmp_path)


def test_read_xml_joins_text() -> None:
    root = read_xml(b"<a><b>1 &amp; 2</b><c/></a>", "x")
    assert (root.tag, root.value("b"), root.value("c"), root.value("d", "e")) == ("a", "1 & 2", "", "")
