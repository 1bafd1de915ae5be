"""TextData: texts as numbers of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.samples import Samples
from layerzoo.data.selection import split_of
from layerzoo.data.texts import (
    LabelledLine,
    Lines,
    NamedText,
    Windows,
    read_labelled_lines,
    read_texts,
    texts_of_windows,
)
from layerzoo.data.vocabulary import Units, Vocabulary, build, read_vocabulary
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, LayerParameter, ReadingParameter, TextDataParameter

_FIELD = "text_data_param."


class _Text(NamedTuple):
    """What a source holds: texts, or lines and the names of their classes."""

    texts: list[NamedText]
    lines: list[LabelledLine]
    classes: list[str]


@register
class TextData(DataLayer):
    """Texts as numbers of tokens: characters, words, or pieces of words (BPE).

    Token 0 fills up short lines, token 1 stands for what is not in the vocabulary. With NEXT_TOKEN a sample
    is a window of a text, and its label is the window one token later; with LABELLED_LINES a sample is a line
    with a label. ``layerzoo data vocabulary`` writes a vocabulary. In TRAIN each epoch has its own random
    order.

    Shapes: tops of NEXT_TOKEN: tokens, next tokens, and 0 at the first place, else 1, as ``cont`` of
    recurrent layers, each (batch_size, length); of LABELLED_LINES: tokens (batch_size, length), labels
    (batch_size) and numbers of tokens (batch_size). With ``time_first`` (length, batch_size) in place of
    (batch_size, length). Source: ours.
    """

    family = "data"
    example = 'source: "book.txt" batch_size: 32 length: 64'
    tops: ClassVar[Arity] = between(1, 3)
    messages = ("text_data_param",)
    path_fields = (f"{_FIELD}source", f"{_FIELD}vocabulary", f"{_FIELD}fitted_on")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.text_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, 0, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The classes of lines; of NEXT_TOKEN, the tokens."""
        if param.text_data_param.task == TextDataParameter.LABELLED_LINES:
            return _fitted_on(param.text_data_param).classes
        return list(cls.vocabulary(param).tokens)

    @classmethod
    def vocabulary(cls, param: LayerParameter) -> Vocabulary:
        """The vocabulary that the layer encodes texts by.

        Raises:
            LayerFault: a file is missing, or BPE has no vocabulary.
            DataError: a file is damaged.
        """
        p, reading = param.text_data_param, param.reading_param
        if p.vocabulary:
            with opening(f"{_FIELD}vocabulary", p.vocabulary, "a vocabulary"):
                return read_vocabulary(p.vocabulary)
        if p.units == TextDataParameter.BPE:
            hint = f"make it by `layerzoo data vocabulary {p.source} -units BPE -out vocabulary.json`"
            raise LayerFault("BPE without a vocabulary", field=f"{_FIELD}units", hint=hint)
        units: Units = "WORDS" if p.units == TextDataParameter.WORDS else "CHARACTERS"
        fitted = _fitted_on(p)
        texts = [line.text for line in fitted.lines] or [one.text for one in fitted.texts]
        if reading.split != ReadingParameter.ALL and not p.fitted_on:

            def trains(key: str) -> bool:
                return split_of(key, reading.val_share, reading.test_share) == ReadingParameter.TRAIN

            if fitted.lines:
                chosen = [text for text in texts if trains(text)]
            else:
                stride = p.stride or p.length or 1
                chosen = texts_of_windows(fitted.texts, units, p.lowercase, p.length, stride, trains)
            texts = chosen or texts
        return build(texts, units, p.max_tokens, p.lowercase)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, size = param.text_data_param, cls.reading(param).batch_size
        positive(p.length, f"{_FIELD}length")
        _check_stride(param)
        _open(p, p.source)
        if p.vocabulary or p.units == TextDataParameter.BPE:
            cls.vocabulary(param)  # raises what is wrong
        tokens = (p.length, size) if p.time_first else (size, p.length)
        lines = p.task == TextDataParameter.LABELLED_LINES
        shapes: list[Shape] = [tokens, (size,), (size,)] if lines else [tokens] * 3
        return shapes[: len(param.top) or 3]

    def samples(self) -> Samples:
        p = self.param.text_data_param
        vocabulary, source = self.vocabulary(self.param), _open(p, p.source)
        try:
            if p.task == TextDataParameter.LABELLED_LINES:
                classes = _fitted_on(p).classes
                return Lines(source.lines, classes, vocabulary, p.length, p.pad_left, p.time_first)
            return Windows(source.texts, vocabulary, p.length, p.stride or p.length, p.time_first)
        except DataError as error:
            raise DataError(f"{p.source}: {error}") from None


def _check_stride(param: LayerParameter) -> None:
    """Check that windows of different parts share no tokens to predict."""
    p = param.text_data_param
    divides = param.reading_param.split != ReadingParameter.ALL
    if divides and p.task == TextDataParameter.NEXT_TOKEN and 0 < p.stride < p.length:
        message = f"stride {p.stride} with windows of {p.length} and a split: windows of its parts overlap"
        hint = "remove stride, or give the parts as sources of their own"
        raise LayerFault(message, field=f"{_FIELD}stride", hint=hint)


def _fitted_on(p: TextDataParameter) -> _Text:
    """The source that the vocabulary and the classes come from."""
    return _open(p, p.fitted_on or p.source, "fitted_on" if p.fitted_on else "source")


def _open(p: TextDataParameter, path: str, field: str = "source") -> _Text:
    lines = p.task == TextDataParameter.LABELLED_LINES
    with opening(
        f"{_FIELD}{field}", path, "a file of labelled lines" if lines else "a text file or a folder"
    ):
        files = [Path(path), *(sorted(Path(path).rglob("*.txt")) if Path(path).is_dir() else ())]
        stamps = tuple((facts.st_mtime_ns, facts.st_size) for facts in (file.stat() for file in files))
        return _opened(path, lines, p.text_column, p.label_column, tuple(p.class_name), stamps)


@lru_cache(maxsize=4)
def _opened(
    path: str, lines: bool, text: str, label: str, names: tuple[str, ...], stamps: tuple[tuple[int, int], ...]
) -> _Text:
    """Read a source; ``stamps`` change with its files."""
    if not lines:
        return _Text(read_texts(path), [], [])
    read = read_labelled_lines(path, text, label)
    return _Text([], read, list(names) or sorted({line.label for line in read}))
