"""Data that a command names by their path alone."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.cli.sourced import sources_in
from layerzoo.data import write_datums
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.data_report.named_paths import is_data_file, layers_at
from layerzoo.data_report.sources import DataSource
from layerzoo.data_report.statistics import SourceStatistics, read_statistics
from layerzoo.errors import DataError
from layerzoo.schema import AnnotatedDatum
from tests.data_report.photos import photo, photos, save


def statistics(path: Path) -> SourceStatistics:
    (source,), _ = sources_in(str(path))
    with_labels = read_statistics(source)
    source.close()
    return with_labels


def test_folder_of_images_has_a_source_for_each_part(tmp_path: Path) -> None:
    photos(tmp_path)
    both = [DataSource("TEST", param, "data") for param in layers_at(tmp_path)]
    assert [(source.part, len(source.raw)) for source in both] == [("TRAIN", 12), ("VAL", 10)]
    save(tmp_path / "test" / "cat" / "x.png", photo(7))
    assert [layer.phase for layer in layers_at(tmp_path)] == [0, 1, 1]
    with pytest.raises(DataError, match="No such file"):
        layers_at(tmp_path / "missing")


@pytest.mark.parametrize("name", ["", "data.mdb"])
def test_lmdb_is_read_with_the_names_beside_it(tmp_path: Path, name: str) -> None:
    write_datums(tmp_path / "db", np.full((5, 3, 4, 6), 10, np.uint8), [0, 1, 1, 2, 1])
    (tmp_path / "db" / "classes.txt").write_text("cat\ndog\nowl\n")
    each = statistics(tmp_path / "db" / name)
    assert each.name == f"TRAIN (Data {tmp_path}/db)"
    assert dict(each.shapes) == {(3, 4, 6): 5}
    assert {each.source.class_name(label): count for label, count in each.counts.items()} == {
        "cat": 1, "dog": 3, "owl": 1,
    }  # fmt: skip
    assert each.mean == [10, 10, 10]


def test_lmdb_of_images_with_boxes_counts_the_boxes(tmp_path: Path) -> None:
    record = AnnotatedDatum(type=AnnotatedDatum.BBOX, datum={"channels": 3, "height": 4, "width": 5})
    record.datum.data = bytes(60)
    for label in (2, 2, 1):
        group = record.annotation_group.add(group_label=label)
        group.annotation.add().bbox.MergeFrom(type(group.annotation.add().bbox)(xmax=0.5, ymax=0.5))
        del group.annotation[1:]
    write_lmdb(tmp_path / "db", [(b"0", record.SerializeToString()), (b"1", record.SerializeToString())])
    each = statistics(tmp_path / "db")
    assert each.source.param.type == "AnnotatedData"
    assert (each.count, dict(each.counts)) == (2, {2: 4, 1: 2})
    assert dict(each.shapes) == {(3, 4, 5): 2}


@pytest.mark.parametrize("names", [("data", "label"), ("X", "y"), ("images", "targets")])
def test_hdf5_file_is_read_by_the_usual_names(tmp_path: Path, names: tuple[str, str]) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file[names[0]] = np.zeros((4, 2, 3), np.float32)
        file[names[1]] = np.array([1, 0, 1, 1])
        file["other"] = np.zeros(9)
    each = statistics(tmp_path / "x.h5")
    assert dict(each.shapes) == {(2, 3): 4}
    assert dict(each.counts) == {1: 3, 0: 1}


def test_hdf5_file_of_other_names_says_what_it_has(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["pixels"] = np.zeros((4, 2))
    with pytest.raises(DataError, match="no dataset 'data'; it has pixels"):
        layers_at(tmp_path / "x.h5")
    (tmp_path / "y.h5").write_bytes(b"text")
    with pytest.raises(DataError, match=r"y\.h5: HDF5 can't be read"):
        layers_at(tmp_path / "y.h5")


def test_table_counts_its_classes_beside_categories(tmp_path: Path) -> None:
    rows = ["size,colour,label", "1,red,cat", "2,blue,dog", "3,red,dog"]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    each = statistics(tmp_path / "t.csv")
    assert {each.source.class_name(label): count for label, count in each.counts.items()} == {
        "cat": 1, "dog": 2,
    }  # fmt: skip
    (tmp_path / "t.csv").write_text("size,weight\n1,2\n3,4.5\n")
    assert (statistics(tmp_path / "t.csv").counts, is_data_file(tmp_path / "t.csv")) == ({}, True)


def test_damaged_and_empty_databases_are_named(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(b"0", b"no message")])
    assert [layer.type for layer in layers_at(tmp_path / "db")] == ["Data"]
    ((index, message),) = statistics(tmp_path / "db").unreadable
    assert (index, "not a Datum" in message) == (0, True)
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "data.mdb").write_bytes(b"")
    with pytest.raises(DataError, match=str(tmp_path / "e")):
        layers_at(tmp_path / "e")


def test_annotations_of_coco_and_voc_count_their_boxes(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.png", photo(1))
    save(tmp_path / "images" / "b.png", photo(2)[:20])
    content = {
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
        "categories": [{"id": 5, "name": "cat"}, {"id": 6, "name": "dog"}],
        "annotations": [
            {"image_id": image, "category_id": kind, "bbox": [1, 1, 9, 9]}
            for image, kind in ((1, 6), (2, 5), (1, 6))
        ],
    }
    (tmp_path / "c.json").write_text(json.dumps(content))
    found = statistics(tmp_path / "c.json")
    assert (found.count, dict(found.counts)) == (2, {1: 1, 2: 2})
    assert found.source.class_name(2) == "dog"
    save(tmp_path / "voc" / "JPEGImages" / "a.png", photo(1))
    (tmp_path / "voc" / "Annotations").mkdir()
    (tmp_path / "voc" / "Annotations" / "a.xml").write_text(
        "<annotation><filename>a.png</filename><object><name>emu</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
        "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
    )
    found = statistics(tmp_path / "voc")
    assert (found.count, dict(found.counts)) == (1, {1: 1})
    (tmp_path / "other.json").write_text('{"layer": []}')
    assert not is_data_file(tmp_path / "other.json")
