"""Texts: to predict the next token of, or lines with a label each."""

from __future__ import annotations

import shlex
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from layerzoo.data.class_folders import SUFFIXES
from layerzoo.data.csv_file import as_number, read_csv
from layerzoo.data.texts import LabelledLine, read_labelled_lines, read_texts
from layerzoo.data.vocabulary import Units, Vocabulary, build, write_vocabulary
from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, SEQUENCE, Asked
from layerzoo.projects.found import Found
from layerzoo.projects.looking import choose_shares, count_parts, data_layer, keys_of
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.yaml_text import Word
from layerzoo.regular_file import read_bytes

_TABLES: Final = frozenset({".csv", ".tsv"})
_VOCABULARY: Final = "vocabulary.json"
_LINES: Final = "lines.txt"
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
    def recognise(cls, path: Path, asked: Asked) -> Found | None:
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


def _of_table(path: Path, asked: Asked) -> Found | None:
    """A table with a column of texts and one of labels, by default text and label."""
    if len(asked.labels) > 1:
        return None
    label = next(iter(asked.labels), "label")
    if not _has_texts(path, label):
        return None
    if label == "text":
        raise UsageError("-label text: these are the texts themselves; name the column of their labels")
    found = _labelled(path, read_labelled_lines(path, label=label))
    found.fields = {**found.fields, "label_column": label}
    return found


def _of_folder(path: Path) -> Found | None:
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
    gathered = []
    for number, file in enumerate(texts, 1):
        text = " ".join(read_texts(file)[0].text.split())
        gathered.append(LabelledLine(file.relative_to(path).parts[0], text, number))
    found = _labelled(path, gathered)
    found.what = f"a folder of texts for each class: {len(gathered):,} texts of {len(found.classes)} classes"
    found.fields = {**found.fields, "source": _LINES}
    lines = "".join(f"{line.label}\t{line.text}\n" for line in gathered)
    found.files = {**found.files, _LINES: lines}
    found.details = [*found.details, f"{_LINES} holds the texts, one in a line"]
    return found


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


def _labelled(path: Path, lines: list[LabelledLine]) -> Found:
    classes = Counter(line.label for line in lines)
    if len(classes) < 2:
        raise DataError(f"-data {path}: all lines have the label '{lines[0].label}'; expected two or more")
    shares = choose_shares(len(lines))
    counts = count_parts([line.text for line in lines], shares)
    vocabulary = build([line.text for line in lines], "WORDS", _TOKENS, lowercase=True)
    lengths = sorted(len(vocabulary.encode(line.text)) for line in lines)
    length = min(_LONGEST_LINE, max(4, lengths[int(0.95 * (len(lengths) - 1))]))
    return Found(
        what=f"{len(lines):,} texts with a label each",
        task=CLASSIFICATION,
        layer="TextData",
        message="text_data_param",
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
        details=[f"{len(vocabulary.tokens):,} words; of each text the first {length}, which is all of most"],
        files={_VOCABULARY: _as_text(vocabulary)},
        models=["bag_of_tokens"],
    )


def _next_token(path: Path) -> Found:
    texts = read_texts(path)
    characters = sum(len(one.text) for one in texts)
    units: Units = "CHARACTERS"
    vocabulary = build([one.text for one in texts], units, _TOKENS)
    length = next((n for n in (64, 32, 16) if characters >= n * _LEAST_WINDOWS), 8)
    fields = {"source": str(path.absolute()), "length": length, "time_first": True}
    tops = ["data", "label", "cont"]
    source = data_layer("TextData", tops, text_data_param={**fields, "batch_size": 1}).source
    keys = keys_of(source)
    shares = choose_shares(len(keys))
    return Found(
        what=f"a text of {characters:,} characters" + (f" in {len(texts):,} files" if len(texts) > 1 else ""),
        task=SEQUENCE,
        layer="TextData",
        message="text_data_param",
        fields={**fields, "vocabulary": _VOCABULARY},
        tops=tops,
        counts=count_parts(keys, shares),
        shapes={"input_dim": [len(vocabulary.tokens)]},
        shares=shares,
        details=[
            f"{len(vocabulary.tokens)} different characters; windows of {length}, to predict the next ones"
        ],
        files={_VOCABULARY: _as_text(vocabulary)},
        models=["lstm"],
    )


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
