"""Texts: to predict the next token of, or lines with a label each."""

from __future__ import annotations

import shlex
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.class_folders import SUFFIXES, find_parts
from layerzoo.data.csv_file import as_number, read_csv
from layerzoo.data.selection import split_of
from layerzoo.data.texts import (
    LabelledLine,
    read_labelled_files,
    read_labelled_lines,
    read_texts,
    texts_of_windows,
)
from layerzoo.data.vocabulary import SPECIAL, Units, Vocabulary, build, write_vocabulary
from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, SEQUENCE, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.looking import choose_shares, count_parts, data_layer, keys_of
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.yaml_text import Word
from layerzoo.regular_file import read_bytes
from layerzoo.schema import ReadingParameter

_TABLES: Final = frozenset({".csv", ".tsv"})
_VOCABULARY: Final = "vocabulary.json"
_TOKENS: Final = 20_000
_LEAST_WINDOWS: Final = 200
_LONGEST_LINE: Final = 200
_YOLO_ROW: Final = 5
_BEGINNING: Final = 1 << 14
_LOOKED_AT: Final = 20
"""Lines, and files, by which something else than texts is known."""
_WORDS_OF_A_TEXT: Final = 3
"""Words on average in a column of a table from which it holds texts."""


@recogniser
class Texts(Recogniser):
    """A text file or a folder of them; lines of a label and a text; a table of texts and labels."""

    expects = (
        "a text file (.txt) or a folder of them; lines of LABEL<tab>TEXT; a table with columns text and label"
    )
    rank = 15

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if path.is_dir():
            return _of_folder(path)
        if path.suffix.lower() in _TABLES:
            return _of_table(path, asked)
        if path.suffix.lower() != ".txt":
            return None
        _check_is_text(path)
        try:
            lines = read_labelled_lines(path)
        except DataError:
            return _next_token(path)
        several = 1 < len({line.label for line in lines}) <= len(lines) // 2
        return _labelled(path, lines) if several else _next_token(path)


def _of_table(path: Path, asked: Asked) -> DataDescription | None:
    """A table with a column of texts and one of labels, by default text and label."""
    if len(asked.labels) > 1:
        return None
    label = next(iter(asked.labels), "label")
    if not _has_texts(path, label):
        return None
    if label == "text":
        raise UsageError("-label text: these are the texts themselves; name the column of their labels")
    description = _labelled(path, read_labelled_lines(path, label=label))
    description.fields = {**description.fields, "label_column": label}
    return description


def _of_folder(path: Path) -> DataDescription | None:
    """A folder of texts, or of a folder of texts for each class, whose lines are gathered."""
    files = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")]
    texts = sorted(file for file in files if file.suffix == ".txt")
    images = {file.stem for file in files if file.suffix.lower() in SUFFIXES}
    described = [file for file in texts if file.stem in images]
    if described and all(_are_boxes(file) for file in described[:_LOOKED_AT]):
        raise DataError(
            f"-data {path}: boxes in YOLO's format, such as {described[0]}, which no data layer reads; "
            "convert them to COCO's or PASCAL VOC's format, as most tools for annotations can"
        )
    if not texts or len(texts) < len(files) / 2 or 2 * len(images) >= len(texts):
        return None
    if any(file.parent == path for file in texts):
        return _next_token(path)
    return _of_class_folders(path)


def _of_class_folders(path: Path) -> DataDescription:
    """A folder of texts for each class, or train, val and test with such folders."""
    parts = find_parts(path)
    by_part = {part: read_labelled_files(path, part) for part in parts or [""]}
    lines = [line for each in by_part.values() for line in each]
    training = by_part["train"] if parts else None
    description = _labelled(path, lines, training)
    classes = len(description.classes)
    description.what = f"a folder of texts for each class: {len(lines):,} texts of {classes} classes"
    description.new_sample = "new.txt"
    if parts:
        description.shares = None
        description.counts = {part: len(each) for part, each in by_part.items()}
        folders = ", ".join(folder.name for folder in parts.values())
        description.details = [*description.details, f"divided into the folders {folders}"]
    return description


def _check_is_text(path: Path) -> None:
    """Check that a file isn't a list of images, or a table.

    Raises:
        DataError: it is; says what to use.
    """
    rows = _first_rows(path)
    if rows and all(any(Path(word).suffix.lower() in SUFFIXES for word in row) for row in rows):
        raise DataError(
            f"-data {path}: a list of images, not a text; save it as a table (.csv) with the columns image "
            f"and label, or convert it: layerzoo data import {shlex.quote(str(path))} DB_NAME"
        )
    if rows and all(_is_number(word) for row in rows for word in row):
        raise DataError(
            f"-data {path}: rows of numbers, not a text; save them as a table (.csv) with names of columns"
        )


def _are_boxes(file: Path) -> bool:
    """Whether the lines of a file are a class and the edges of a box each, as YOLO writes them."""
    return all(len(row) == _YOLO_ROW and all(map(_is_number, row)) for row in _first_rows(file))


def _first_rows(file: Path) -> list[list[str]]:
    """The words of the first lines of a file that aren't blank, as far as they are whole."""
    data = read_bytes(file, _BEGINNING)
    lines = data.decode("utf-8", "replace").split("\n")
    whole = lines[:-1] if len(data) == _BEGINNING else lines
    return [words for line in whole if (words := line.split())][:_LOOKED_AT]


def _is_number(word: str) -> bool:
    return as_number(word.rstrip(",;")) is not None


def _labelled(
    path: Path, lines: Sequence[LabelledLine], training: Sequence[LabelledLine] | None = None
) -> DataDescription:
    """Texts with a label each; those that train are chosen by a hash unless they are given."""
    classes = Counter(line.label for line in lines)
    if len(classes) < 2:
        raise DataError(f"-data {path}: all lines have the label '{lines[0].label}'; expected two or more")
    shares = choose_shares(len(lines))
    counts = {} if training is not None else count_parts([line.text for line in lines], shares)
    if training is None:
        training = [line for line in lines if _trains(line.text, shares)]
    vocabulary = build([line.text for line in training], "WORDS", _TOKENS, lowercase=True)
    lengths = sorted(len(vocabulary.encode(line.text)) for line in lines)
    length = min(_LONGEST_LINE, max(4, lengths[int(0.95 * (len(lengths) - 1))]))
    return DataDescription(
        what=f"{len(lines):,} texts with a label each",
        task=CLASSIFICATION,
        layer="TextData",
        fields={
            "source": str(path.absolute()),
            "task": Word("LABELLED_LINES"),
            "length": length,
            "vocabulary": _VOCABULARY,
            "class_name": sorted(classes),
        },
        counts=counts,
        classes={name: classes[name] for name in sorted(classes)},
        shapes={"input_dim": [len(vocabulary.tokens)]},
        shares=shares,
        details=[
            f"{len(vocabulary.tokens) - len(SPECIAL):,} words in training; of each text the first {length}, "
            "which is all of most"
        ],
        files={_VOCABULARY: _as_text(vocabulary)},
        new_sample='-text "a text of your own"',
        models=["bag_of_tokens"],
    )


def _next_token(path: Path) -> DataDescription:
    texts = read_texts(path)
    characters = sum(len(one.text) for one in texts)
    units: Units = "CHARACTERS"
    length = next((n for n in (64, 32, 16) if characters >= n * _LEAST_WINDOWS), 8)
    fields = {"source": str(path.absolute()), "length": length, "time_first": True}
    tops = ["data", "label", "cont"]
    source = data_layer("TextData", tops, text_data_param={**fields, "batch_size": 1}).source
    keys = keys_of(source)
    shares = choose_shares(len(keys))
    training = texts_of_windows(texts, units, False, length, length, lambda key: _trains(key, shares))
    vocabulary = build(training, units, _TOKENS)
    return DataDescription(
        what=f"a text of {characters:,} characters" + (f" in {len(texts):,} files" if len(texts) > 1 else ""),
        task=SEQUENCE,
        layer="TextData",
        fields={**fields, "vocabulary": _VOCABULARY},
        tops=tops,
        counts=count_parts(keys, shares),
        shapes={"input_dim": [len(vocabulary.tokens)]},
        shares=shares,
        details=[
            f"{len(vocabulary.tokens) - len(SPECIAL)} characters in training; windows of {length}, to "
            "predict the next ones"
        ],
        files={_VOCABULARY: _as_text(vocabulary)},
        new_sample='-text "The beginning of a text"',
        models=["lstm"],
    )


def _trains(key: str, shares: tuple[float, float]) -> bool:
    """Whether a sample is in the part that trains, which alone decides the vocabulary."""
    return split_of(key, *shares) == ReadingParameter.TRAIN


def _has_texts(path: Path, label: str) -> bool:
    """Whether a table has a column of texts, and one of labels of this name."""
    table = read_csv(path)
    if not {"text", label} <= set(table.names):
        return False
    texts = table.column("text")
    return sum(len(text.split()) for text in texts) >= _WORDS_OF_A_TEXT * len(texts)


def _as_text(vocabulary: Vocabulary) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _VOCABULARY
        write_vocabulary(vocabulary, file)
        return file.read_text("utf-8")
