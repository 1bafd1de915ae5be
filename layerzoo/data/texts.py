"""Texts as samples: windows of tokens with the next ones, and lines with labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from layerzoo.data.class_folders import read_class_folders
from layerzoo.data.csv_file import read_csv
from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Samples
from layerzoo.data.vocabulary import PAD, Encoder, Units, Vocabulary, split_into_tokens
from layerzoo.errors import DataError, did_you_mean, nearest
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 1 << 30
"""The most bytes of the texts of a source."""
_TABLES: Final = {".csv", ".tsv"}
_FASTTEXT: Final = "__label__"


class NamedText(NamedTuple):
    """A text, and its name relative to the source."""

    name: str
    text: str


class LabelledLine(NamedTuple):
    """A line: its label, its text and its number, from 1."""

    label: str
    text: str
    line: int


def read_texts(source: str | Path) -> list[NamedText]:
    """Read a text file in UTF-8, or all files ``.txt`` of a folder, at any depth, sorted by name.

    Raises:
        OSError: a file can't be read.
        DataError: a text isn't UTF-8, or the texts are too large or empty.
    """
    source = Path(source)
    files = [source]
    if source.is_dir():
        names = sorted(path.relative_to(source) for path in source.rglob("*.txt"))
        files = [source / name for name in names if not any(part.startswith(".") for part in name.parts)]
        if not files:
            raise DataError(f"{source}: no files .txt in the folder")
    texts, room = [], MAX_BYTES
    for file in files:
        text = _read(file, room)
        room -= len(text)
        name = file.relative_to(source).as_posix() if file != source else source.name
        texts.append(NamedText(name, text))
    if not any(one.text for one in texts):
        raise DataError(f"{source}: the text is empty")
    return texts


def read_labelled_lines(source: str | Path, text: str = "", label: str = "") -> list[LabelledLine]:
    """Read lines with a label each.

    A line is a label, a tabulator and a text, or begins with ``__label__NAME`` as for fastText. A table
    (``.csv`` or ``.tsv``) has them in two columns.

    Args:
        source: the file, in UTF-8.
        text, label: names of the columns of a table; empty: text, and label.

    Raises:
        OSError: the file can't be read.
        DataError: a line has no label, or there are no lines.
    """
    source = Path(source)
    if source.suffix.lower() in _TABLES:
        return _of_table(source, text or "text", label or "label")
    lines = []
    # splitlines() would divide texts at separators within them, such as U+2028
    for number, line in enumerate(_read(source, MAX_BYTES).split("\n"), 1):
        if not line.strip():
            continue
        mark, between, rest = line.partition("\t")
        if line.startswith(_FASTTEXT):
            mark, between, rest = line.removeprefix(_FASTTEXT).partition(" ")
        if not between or not mark.strip():
            shown = f"'{line.strip():.60}'"
            raise DataError(f"{source}:{number}: {shown}; expected a label, a tabulator and a text")
        lines.append(LabelledLine(mark.strip(), rest.strip(), number))
    if not lines:
        raise DataError(f"{source}: no lines")
    return lines


def read_labelled_files(source: str | Path, part: str = "") -> list[LabelledLine]:
    """Read the files ``.txt`` in a folder for each class: each is a text, whose label is its class.

    The number of a line is that of the file, in the order of classes and paths.

    Args:
        source: the folder.
        part: the part to read of a source that is divided: train, val or test.

    Raises:
        OSError: a file can't be read.
        DataError: a text isn't UTF-8, or the texts are too large, or there are none.
    """
    classes, files = read_class_folders(source, (), part, frozenset({".txt"}))
    lines, room = [], MAX_BYTES
    for number, file in enumerate(files, 1):
        text = _read(file.path, room)
        room -= len(text)
        lines.append(LabelledLine(classes[file.label], " ".join(text.split()), number))
    return lines


def _of_table(source: Path, text: str, label: str) -> list[LabelledLine]:
    table = read_csv(source, "\t" if source.suffix.lower() == ".tsv" else "")
    for name, field in ((text, "text_column"), (label, "label_column")):
        if name not in table.names:
            near = did_you_mean(nearest(name, table.names)) or f"name it by {field}"
            raise DataError(f"{source}: no column '{name:.100}'; {near}")
    rows = zip(table.column(label), table.column(text), table.lines, strict=True)
    return [LabelledLine(*row) for row in rows]


def _read(path: Path, room: int) -> str:
    data = read_bytes(path, room + 1)
    if len(data) > room:
        raise DataError(f"{path}: texts of more than {MAX_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: not UTF-8; save the text in UTF-8") from None


class Windows(Samples):
    """Windows of texts: tokens, those that follow each, and 0 at the first one, else 1.

    Args:
        texts: the texts.
        vocabulary: their vocabulary.
        length: tokens of a window.
        stride: tokens from the start of a window to that of the next one.
        time_first: whether the axis of tokens comes before that of samples.

    Raises:
        DataError: no text has more than ``length`` tokens.
    """

    cheap = True

    def __init__(
        self, texts: Sequence[NamedText], vocabulary: Vocabulary, length: int, stride: int, time_first: bool
    ) -> None:
        encode = Encoder(vocabulary)
        self._tokens = [encode(one.text).astype(np.float32) for one in texts]
        self._names = [one.name for one in texts]
        counts = [len(_starts(len(tokens), length, stride)) for tokens in self._tokens]
        self._ends = np.cumsum(counts)
        self._length, self._stride, self._time_first = length, stride, time_first
        if not len(self):
            longest = max(map(len, self._tokens))
            raise DataError(f"the longest text has {longest:,} tokens; windows of {length:,} need one more")

    def __len__(self) -> int:
        return int(self._ends[-1])

    def _place(self, index: int) -> tuple[int, int]:
        text = int(np.searchsorted(self._ends, index, "right"))
        before = int(self._ends[text - 1]) if text else 0
        return text, (index - before) * self._stride

    def key_of(self, index: int) -> str:
        """The name of the text, and the window's first token."""
        text, start = self._place(index)
        return _window_key(self._names[text], start)

    def name(self, index: int) -> str:
        """The name of the text, and the window's first token."""
        text, start = self._place(index)
        return f"{self._names[text]}, token {start:,}"

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read windows, the next tokens, and the marks of continuation."""
        places = [self._place(index) for index in indices.tolist()]
        windows = [self._tokens[text][start : start + self._length + 1] for text, start in places]
        both = np.stack(windows)
        marks = np.ones((len(places), self._length), np.float32)
        marks[:, 0] = 0
        blobs = (both[:, :-1], both[:, 1:], marks)
        return tuple(np.ascontiguousarray(blob.T if self._time_first else blob) for blob in blobs)


def texts_of_windows(
    texts: Sequence[NamedText],
    units: Units,
    lowercase: bool,
    length: int,
    stride: int,
    is_chosen: Callable[[str], bool],
) -> list[str]:
    """The texts of some of the windows that `Windows` reads, whatever the vocabulary.

    Args:
        texts, length, stride: see `Windows`.
        units: what a token is, CHARACTERS or WORDS.
        lowercase: whether texts are turned into lower case.
        is_chosen: whether the window with a key is wanted.
    """
    between = "" if units == "CHARACTERS" else " "
    chosen = []
    for one in texts:
        tokens = split_into_tokens(one.text.lower() if lowercase else one.text, units)
        for start in _starts(len(tokens), length, stride):
            if is_chosen(_window_key(one.name, start)):
                chosen.append(between.join(tokens[start : start + length + 1]))
    return chosen


def _starts(tokens: int, length: int, stride: int) -> range:
    """The first tokens of the windows of a text."""
    return range(0, max(0, tokens - length), stride)


def _window_key(name: str, start: int) -> str:
    """What identifies a window."""
    return f"{name}:{start}"


class Lines(Samples):
    """Lines of a length, with their classes and their numbers of tokens.

    Args:
        lines: the lines.
        classes: names of the classes.
        vocabulary: the vocabulary.
        length: tokens of a line; longer ones are cut, shorter ones filled up with `PAD`.
        pad_left: whether short lines are filled up before their first token.
        time_first: whether the axis of tokens comes before that of samples.
        part: the part of a divided source that they are, a value of ``ReadingParameter.Split``; else None.

    Raises:
        DataError: a label is none of the classes.
    """

    cheap = True

    labels_are_known = True

    def __init__(
        self,
        lines: Sequence[LabelledLine],
        classes: Sequence[str],
        vocabulary: Vocabulary,
        length: int,
        pad_left: bool,
        time_first: bool,
        part: int | None = None,
    ) -> None:
        self._part = part
        encode, number_of = Encoder(vocabulary), {name: number for number, name in enumerate(classes)}
        self._lines, self._time_first = lines, time_first
        self._tokens = np.full((len(lines), length), PAD, np.float32)
        self._labels = np.empty(len(lines), np.int64)
        self._lengths = np.empty(len(lines), np.float32)
        for row, line in enumerate(lines):
            if line.label not in number_of:
                names = f"the {len(classes):,} classes"
                raise DataError(f"line {line.line}: label '{line.label:.60}' is none of {names}")
            tokens = encode(line.text)[:length]
            start = length - len(tokens) if pad_left else 0
            self._tokens[row, start : start + len(tokens)] = tokens
            self._labels[row], self._lengths[row] = number_of[line.label], len(tokens)

    def __len__(self) -> int:
        return len(self._lines)

    def key_of(self, index: int) -> str:
        """The text of a line: equal ones belong to the same part."""
        return self._lines[index].text

    def part_of(self, index: int) -> int | None:
        """The part that all lines are, if the source is divided."""
        return self._part

    def name(self, index: int) -> str:
        """The number of a line, and its beginning."""
        line = self._lines[index]
        return f"line {line.line}: '{line.text:.40}'"

    def labels(self) -> Ints:
        """The class of each line."""
        return self._labels

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read tokens, labels and lengths."""
        tokens = self._tokens[indices]
        if self._time_first:
            tokens = np.ascontiguousarray(tokens.T)
        return tokens, self._labels[indices].astype(np.float32), self._lengths[indices]
