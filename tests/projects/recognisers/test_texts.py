"""Texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.data.selection import split_of
from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, SEQUENCE, Asked
from layerzoo.projects.recognisers.texts import Texts
from layerzoo.schema import ReadingParameter


def test_plain_text_is_for_the_next_token(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the lion sleeps. " * 400)
    description = Texts.recognise(tmp_path / "a.txt", Asked())
    assert description is not None
    assert (description.task, description.models) == (SEQUENCE, ["lstm"])
    assert description.fields["length"] == 32, "200 windows of 64 would need 12,800 characters"
    assert description.shapes["input_dim"] == [
        len(json.loads(description.files["vocabulary.json"])["tokens"])
    ]
    folder = Texts.recognise(tmp_path, Asked())
    assert folder is not None
    assert folder.total == description.total


def test_lines_with_labels_and_tables_of_texts_are_classified(tmp_path: Path) -> None:
    rows = [("good" if n % 2 else "bad", f"this is number {n}") for n in range(100)]
    (tmp_path / "l.txt").write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    (tmp_path / "t.csv").write_text("label,text\n" + "".join(f"{label},{text}\n" for label, text in rows))
    for name in ("l.txt", "t.csv"):
        description = Texts.recognise(tmp_path / name, Asked())
        assert description is not None
        assert (description.task, description.classes, description.total) == (
            CLASSIFICATION,
            {"bad": 50, "good": 50},
            100,
        )
        assert description.fields["length"] == 4


def test_column_of_labels_is_the_one_asked_for(tmp_path: Path) -> None:
    rows = "".join(f"{n % 2},{'ab'[n % 2]},this is number {n}\n" for n in range(100))
    (tmp_path / "t.csv").write_text("label,mood,text\n" + rows)
    description = Texts.recognise(tmp_path / "t.csv", Asked(labels=["mood"]))
    assert description is not None
    assert (list(description.classes), description.fields["label_column"], description.takes_labels) == (
        ["a", "b"],
        "mood",
        True,
    )
    assert Texts.recognise(tmp_path / "t.csv", Asked(labels=["mood", "label"])) is None
    with pytest.raises(UsageError, match="these are the texts themselves"):
        Texts.recognise(tmp_path / "t.csv", Asked(labels=["text"]))


def test_folder_of_texts_for_each_class_is_read_as_it_is(tmp_path: Path) -> None:
    for name in ("spam", "ham"):
        (tmp_path / name).mkdir()
        for number in range(40):
            (tmp_path / name / f"{number}.txt").write_text(f"a mail\nof {name}, {number}")
    description = Texts.recognise(tmp_path, Asked())
    assert description is not None
    assert description.classes == {"ham": 40, "spam": 40}
    assert description.fields["source"] == str(tmp_path)
    assert list(description.files) == ["vocabulary.json"]


def test_texts_that_are_divided_stay_so(tmp_path: Path) -> None:
    for part, count in (("train", 20), ("test", 5)):
        for name in ("spam", "ham"):
            (tmp_path / part / name).mkdir(parents=True)
            for number in range(count):
                (tmp_path / part / name / f"{number}.txt").write_text(f"{part} of {name}")
    description = Texts.recognise(tmp_path, Asked())
    assert description is not None
    assert (description.counts, description.shares) == ({"train": 40, "test": 10}, None)
    tokens = json.loads(description.files["vocabulary.json"])["tokens"][2:]
    assert tokens == ["ham", "of", "spam", "train"], "of the part that trains alone"


def test_vocabulary_is_of_the_part_that_trains(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("".join(f"{'ab'[n % 2]}\tword{n}\n" for n in range(200)))
    description = Texts.recognise(file, Asked())
    assert description is not None
    tokens = json.loads(description.files["vocabulary.json"])["tokens"][2:]
    assert len(tokens) == description.counts["train"]
    assert f"{len(tokens)} words in training" in description.details[0]
    shares = description.shares
    assert shares is not None
    assert {split_of(token, *shares) for token in tokens} == {ReadingParameter.TRAIN}


def test_characters_are_those_of_the_part_that_trains(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("".join(chr(0x4E00 + n) for n in range(4000)))
    description = Texts.recognise(tmp_path / "book.txt", Asked())
    assert description is not None
    tokens = json.loads(description.files["vocabulary.json"])["tokens"][2:]
    assert 0.5 * 4000 < len(tokens) < 0.9 * 4000
    assert f"{len(tokens)} characters in training" in description.details[0]


def test_other_data_are_of_another_kind(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "n.csv").write_text("a,label\n1,x\n")
    assert Texts.recognise(tmp_path / "n.csv", Asked()) is None
    assert Texts.recognise(photos, Asked()) is None
    (tmp_path / "one.csv").write_text("text,label\n" + "some words of text,x\n" * 50)
    with pytest.raises(DataError, match="all lines have the label 'x'"):
        Texts.recognise(tmp_path / "one.csv", Asked())


def test_boxes_and_captions_beside_images_are_no_texts(tmp_path: Path, photos: Path) -> None:
    for image in sorted(photos.rglob("*.png")):
        image.with_suffix(".txt").write_text("a cat on a mat")
    (photos / "classes.txt").write_text("cat\ndog\n")
    assert Texts.recognise(photos, Asked()) is None, "as many images as texts"
    for folder, (name, suffix) in {"images": ("1", "jpg"), "labels": ("1", "txt")}.items():
        (tmp_path / "yolo/train" / folder).mkdir(parents=True)
        (tmp_path / f"yolo/train/{folder}/{name}.{suffix}").write_text(
            "0 0.5 0.5 0.25 0.1\n3 0.1 1e-1 0.2 0.1\n"
        )
    with pytest.raises(
        DataError, match=r"boxes in YOLO's format, such as .*1.txt, .* COCO's or PASCAL VOC's"
    ):
        Texts.recognise(tmp_path / "yolo", Asked())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cats/{0}.jpg {1}", "a list of images, not a text; save it as a table .* layerzoo data import"),
        ("{1}\tcats/{0}.PNG", "a list of images, not a text"),
        ("{1} 0.5 {0}e-2 0.1 0.25", "rows of numbers, not a text; save them as a table"),
        ("{0}, {1}", "rows of numbers, not a text"),
    ],
)
def test_lists_and_numbers_are_no_texts(tmp_path: Path, line: str, message: str) -> None:
    lines = "".join(line.format(number, number % 2) + "\n" for number in range(80))
    (tmp_path / "list.txt").write_text(lines)
    with pytest.raises(DataError, match=message):
        Texts.recognise(tmp_path / "list.txt", Asked())
