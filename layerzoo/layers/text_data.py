"""TextData: texts as numbers of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

from layerzoo.data.class_folders import find_parts
from layerzoo.data.continuation import Continuation
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource, check_axis
from layerzoo.data.new_texts import NEW_TEXTS, new_lines, unknown_tokens
from layerzoo.data.samples import Samples
from layerzoo.data.selection import part_to_read, split_of
from layerzoo.data.texts import (
    LabelledLine,
    Lines,
    NamedText,
    Windows,
    read_labelled_files,
    read_labelled_lines,
    read_texts,
    texts_of_windows,
)
from layerzoo.data.vocabulary import Units, Vocabulary, as_message, build, of_message, read_vocabulary
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
    with a label, or a file of a folder of texts for each class; folders train, val and test are read as by
    FolderData. ``layerzoo data vocabulary`` writes a
    vocabulary. In TRAIN each epoch has its own random order.

    Shapes: tops of NEXT_TOKEN: tokens, next tokens, and 0 at the first place, else 1, as ``cont`` of
    recurrent layers, each (batch_size, length); of LABELLED_LINES: tokens (batch_size, length), labels
    (batch_size) and numbers of tokens (batch_size). With ``time_first`` (length, batch_size) in place of
    (batch_size, length). Source: ours.
    """

    family = "data"
    example = 'source: "book.txt" batch_size: 32 length: 64'
    tops: ClassVar[Arity] = between(1, 3)
    messages = ("text_data_param",)
    new_data = "a text file (.txt), or -text TEXT"
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
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The vocabulary and the classes."""
        p, layer = param.text_data_param, LayerParameter()
        layer.CopyFrom(param)
        known = layer.text_data_param
        for field in ("source", "vocabulary", "fitted_on", "stride", "units", "lowercase", "max_tokens"):
            known.ClearField(field)
        known.vocabulary_param.CopyFrom(as_message(cls.vocabulary(param)))
        if p.task == TextDataParameter.LABELLED_LINES:
            known.ClearField("class_name")
            known.class_name.extend(_fitted_on(p).classes)
            known.whole_files = _whole_files(p)
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        return source.path is None or source.path.is_dir() or source.path.suffix.lower() in NEW_TEXTS

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        p = param.text_data_param
        check_axis("tokens", p.length, inputs, 0 if p.time_first else 1)
        named = new_lines(p, source)
        classes = list(p.class_name) or [""]
        lines = [LabelledLine(classes[0], one.text, number) for number, one in enumerate(named, 1)]
        vocabulary = of_message(p.vocabulary_param)
        samples = Lines(lines, classes, vocabulary, p.length, p.pad_left, p.time_first)
        places = [list(param.top).index(name) for name in inputs]
        return NewSamples([one.name for one in named], samples, places, unknown_tokens(vocabulary, named))

    @classmethod
    def continuation(cls, param: LayerParameter) -> Continuation | None:
        p = param.text_data_param
        if p.task == TextDataParameter.LABELLED_LINES:
            return None
        return Continuation(of_message(p.vocabulary_param), p.length, p.time_first, param.top)

    @classmethod
    def vocabulary(cls, param: LayerParameter) -> Vocabulary:
        """The vocabulary that the layer encodes texts by.

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
        fitted = _fitted_on(p)
        texts = [line.text for line in fitted.lines] or [one.text for one in fitted.texts]
        divided = _parts(p, p.source)
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

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, size = param.text_data_param, cls.reading(param).batch_size
        positive(p.length, f"{_FIELD}length")
        _check_stride(param)
        if p.whole_files and not Path(p.source).is_dir():
            message = f"whole_files, but '{p.source}' is no folder of texts for each class"
            raise LayerFault(message, field=f"{_FIELD}whole_files", hint="remove it to read labelled lines")
        _read(param)
        if p.vocabulary or p.HasField("vocabulary_param") or p.units == TextDataParameter.BPE:
            cls.vocabulary(param)  # raises what is wrong
        tokens = (p.length, size) if p.time_first else (size, p.length)
        lines = p.task == TextDataParameter.LABELLED_LINES
        shapes: list[Shape] = [tokens, (size,), (size,)] if lines else [tokens] * 3
        return shapes[: len(param.top) or 3]

    def samples(self) -> Samples:
        p = self.param.text_data_param
        vocabulary, source = self.vocabulary(self.param), _read(self.param)
        part = self.param.reading_param.split if _parts(p, p.source) else None
        try:
            if p.task == TextDataParameter.LABELLED_LINES:
                classes = _fitted_on(p).classes
                return Lines(source.lines, classes, vocabulary, p.length, p.pad_left, p.time_first, part)
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
    """The source that the vocabulary and the classes come from: of one that is divided, its part train."""
    path = p.fitted_on or p.source
    part = "train" if _parts(p, path) else ""
    return _open(p, path, "fitted_on" if p.fitted_on else "source", part)


def _read(param: LayerParameter) -> _Text:
    """The source, or the part of it that is read, if it is divided into folders."""
    p = param.text_data_param
    parts = _parts(p, p.source)
    return _open(p, p.source, "source", part_to_read(param, "val" in parts) if parts else "")


def _parts(p: TextDataParameter, path: str) -> dict[str, Path]:
    """The folders train, val and test of a source of labelled files; empty for any other source."""
    lines = p.task == TextDataParameter.LABELLED_LINES
    return find_parts(path) if lines and Path(path).is_dir() else {}


def _whole_files(p: TextDataParameter) -> bool:
    """Whether a labelled sample is a whole file, of a folder for each class."""
    return p.whole_files or Path(p.fitted_on or p.source).is_dir()


def _open(p: TextDataParameter, path: str, field: str, part: str) -> _Text:
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
) -> _Text:
    """Read a source; ``stamps`` change with its files."""
    if not lines:
        return _Text(read_texts(path), [], [])
    read = read_labelled_files(path, part) if Path(path).is_dir() else read_labelled_lines(path, text, label)
    return _Text([], read, list(names) or sorted({line.label for line in read}))
