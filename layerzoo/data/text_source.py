"""Load texts as the config of a TextData layer says."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from layerzoo.data.class_folders import find_parts
from layerzoo.data.data_layer import opening
from layerzoo.data.selection import part_to_read, split_of
from layerzoo.data.texts import (
    LabelledLine,
    NamedText,
    read_labelled_files,
    read_labelled_lines,
    read_texts,
    texts_of_windows,
)
from layerzoo.data.vocabulary import Units, Vocabulary, build, of_message, read_vocabulary
from layerzoo.errors import LayerFault
from layerzoo.schema import LayerParameter, ReadingParameter, TextDataParameter

_FIELD = "text_data_param."


class LoadedTexts(NamedTuple):
    """What a source holds.

    Attributes:
        texts: texts, for NEXT_TOKEN.
        lines: lines or whole files with a label each, for LABELLED_LINES.
        classes: the names of their classes.
    """

    texts: list[NamedText]
    lines: list[LabelledLine]
    classes: list[str]


def load_vocabulary(param: LayerParameter) -> Vocabulary:
    """The vocabulary of a layer: its own, that of a file, or one of the texts that train.

    Raises:
        LayerFault: a file is missing, or BPE has no vocabulary.
        DataError: a file is damaged.
    """
    p, reading = param.text_data_param, param.reading_param
    if p.HasField("vocabulary_param"):
        return of_message(p.vocabulary_param)
    if p.vocabulary:
        with opening(f"{_FIELD}vocabulary", p.vocabulary, "a vocabulary"):
            return read_vocabulary(p.vocabulary)
    if p.units == TextDataParameter.BPE:
        hint = f"make it by `layerzoo data vocabulary {p.source} -units BPE -out vocabulary.json`"
        raise LayerFault("BPE without a vocabulary", field=f"{_FIELD}units", hint=hint)
    units: Units = "WORDS" if p.units == TextDataParameter.WORDS else "CHARACTERS"
    fitted = fitted_texts(p)
    texts = [line.text for line in fitted.lines] or [one.text for one in fitted.texts]
    divided = parts_of(p, p.source)
    if reading.split != ReadingParameter.ALL and not p.fitted_on and not divided:

        def trains(key: str) -> bool:
            return split_of(key, reading.val_share, reading.test_share) == ReadingParameter.TRAIN

        if fitted.lines:
            chosen = [text for text in texts if trains(text)]
        else:
            stride = p.stride or p.length or 1
            chosen = texts_of_windows(fitted.texts, units, p.lowercase, p.length, stride, trains)
        texts = chosen or texts
    return build(texts, units, p.max_tokens, p.lowercase)


def fitted_texts(p: TextDataParameter) -> LoadedTexts:
    """The source that the vocabulary and the classes come from: of one that is divided, its part train."""
    path = p.fitted_on or p.source
    part = "train" if parts_of(p, path) else ""
    return _open(p, path, "fitted_on" if p.fitted_on else "source", part)


def load_texts(param: LayerParameter) -> LoadedTexts:
    """The source, or the part of it that is read, if it is divided into folders."""
    p = param.text_data_param
    parts = parts_of(p, p.source)
    return _open(p, p.source, "source", part_to_read(param, "val" in parts) if parts else "")


def parts_of(p: TextDataParameter, path: str) -> dict[str, Path]:
    """The folders train, val and test of a source of labelled files; empty for any other source."""
    lines = p.task == TextDataParameter.LABELLED_LINES
    return find_parts(path) if lines and Path(path).is_dir() else {}


def whole_files(p: TextDataParameter) -> bool:
    """Whether a labelled sample is a whole file, of a folder for each class."""
    return p.whole_files or Path(p.fitted_on or p.source).is_dir()


def _open(p: TextDataParameter, path: str, field: str, part: str) -> LoadedTexts:
    lines = p.task == TextDataParameter.LABELLED_LINES
    expected = "labelled lines, or a folder of texts for each class" if lines else "a text file or a folder"
    with opening(f"{_FIELD}{field}", path, expected):
        files = [Path(path), *(sorted(Path(path).rglob("*.txt")) if Path(path).is_dir() else ())]
        stamps = tuple((facts.st_mtime_ns, facts.st_size) for facts in (file.stat() for file in files))
        return _opened(path, lines, part, p.text_column, p.label_column, tuple(p.class_name), stamps)


@lru_cache(maxsize=4)
def _opened(
    path: str,
    lines: bool,
    part: str,
    text: str,
    label: str,
    names: tuple[str, ...],
    stamps: tuple[tuple[int, int], ...],
) -> LoadedTexts:
    """Read a source; ``stamps`` change with its files."""
    if not lines:
        return LoadedTexts(read_texts(path), [], [])
    read = read_labelled_files(path, part) if Path(path).is_dir() else read_labelled_lines(path, text, label)
    return LoadedTexts([], read, list(names) or sorted({line.label for line in read}))
