"""Lines of a text as sequences of tokens, of any length."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.data_layer import opening
from layerzoo.data.draws import Ints
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource, check_axis
from layerzoo.data.new_texts import text_of, unknown_tokens
from layerzoo.data.samples import Array, Samples
from layerzoo.data.texts import NamedText, read_texts
from layerzoo.data.vocabulary import (
    PAD,
    Encoder,
    Units,
    Vocabulary,
    as_message,
    build,
    of_message,
    read_vocabulary,
)
from layerzoo.errors import LayerFault
from layerzoo.schema import LayerParameter, SequenceDataParameter

IGNORED: Final = -1
"""What fills up tokens to predict: losses leave it out by ``ignore_label``."""
_FIELD: Final = "sequence_data_param."
_UNITS: Final[dict[int, Units]] = {
    SequenceDataParameter.CHARACTER: "CHARACTERS",
    SequenceDataParameter.WORD: "WORDS",
    SequenceDataParameter.BPE: "BPE",
}
_OF_NUMBERS: Final = ("sequence_column", "label", "column", "mean", "std")


def reads_text(param: LayerParameter) -> bool:
    """Whether a SequenceData layer reads a text."""
    p = param.sequence_data_param
    return p.HasField("unit") or p.HasField("vocabulary") or p.HasField("vocabulary_param")


def check_text_fields(param: LayerParameter) -> None:
    """Check that fields fit what is read: a text, or numbers.

    Raises:
        LayerFault: a field has no meaning for it.
    """
    p, text = param.sequence_data_param, reads_text(param)
    if not text and p.next:
        hint = "give unit: CHARACTER, WORD or BPE for a text"
        raise LayerFault("next is for texts", field=f"{_FIELD}next", hint=hint)
    given = {descriptor.name for descriptor, _ in p.ListFields()}
    for name in _OF_NUMBERS if text else ():
        if name in given:
            message = f"{name} is for numbers, but unit or vocabulary says that the source is a text"
            raise LayerFault(message, field=f"{_FIELD}{name}", hint="remove it")


def line_vocabulary(param: LayerParameter) -> Vocabulary:
    """The vocabulary of a layer: its own, that of a file, or one of its lines.

    Raises:
        LayerFault: a file is missing, or BPE has no vocabulary.
        DataError: a file is damaged.
    """
    p = param.sequence_data_param
    if p.HasField("vocabulary_param"):
        return of_message(p.vocabulary_param)
    if p.vocabulary:
        with opening(f"{_FIELD}vocabulary", p.vocabulary, "a vocabulary"):
            return read_vocabulary(p.vocabulary)
    if p.unit == SequenceDataParameter.BPE:
        hint = f"make it by `layerzoo data vocabulary {p.source} -units BPE -out vocabulary.json`"
        raise LayerFault("BPE without a vocabulary", field=f"{_FIELD}unit", hint=hint)
    lines = _lines(p.fitted_on or p.source, "fitted_on" if p.fitted_on else "source")
    return build([line.text for line in lines], _UNITS[p.unit], p.max_tokens)


def load_token_lines(param: LayerParameter) -> TokenLines:
    """The lines of a SequenceData layer that reads a text.

    Raises:
        LayerFault: a file is missing.
        DataError: a file is damaged.
    """
    p = param.sequence_data_param
    return TokenLines(_lines(p.source, "source"), line_vocabulary(param), p)


def token_shapes(param: LayerParameter, batch_size: int) -> list[tuple[int, ...]]:
    """The shapes of all tops.

    Raises:
        LayerFault, DataError: as `load_token_lines`.
    """
    p = param.sequence_data_param
    length = p.length or load_token_lines(param).length
    tokens = (length, batch_size) if p.time_first else (batch_size, length)
    return [*([tokens] * (1 + p.next)), (batch_size,)]


def fitted_lines(param: LayerParameter) -> LayerParameter:
    """A layer that reads a text, with its length and vocabulary in the place of its source."""
    layer = LayerParameter()
    layer.CopyFrom(param)
    known = layer.sequence_data_param
    known.length = param.sequence_data_param.length or load_token_lines(param).length
    known.vocabulary_param.CopyFrom(as_message(line_vocabulary(param)))
    for field in ("source", "fitted_on", "vocabulary", "unit", "max_tokens", "shuffle"):
        known.ClearField(field)
    return layer


def new_token_lines(param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
    """The lines of a new text, as a fitted layer reads them.

    Raises:
        DataError: the text can't be read, or isn't UTF-8.
    """
    p = param.sequence_data_param
    check_axis("tokens", p.length, inputs, 0 if p.time_first else 1)
    text = text_of(source).rstrip("\n")
    lines = [NamedText(f"{source.name}:{n}", line) for n, line in enumerate(text.split("\n"), 1)]
    vocabulary = of_message(p.vocabulary_param)
    places = [list(param.top).index(name) for name in inputs]
    names = [line.name for line in lines]
    return NewSamples(names, TokenLines(lines, vocabulary, p), places, unknown_tokens(vocabulary, lines))


class TokenLines(Samples):
    """Lines as tokens, filled up to one length, and their numbers of tokens.

    Args:
        lines: the lines, with their names.
        vocabulary: the vocabulary.
        p: the other settings.

    Attributes:
        length: tokens of the longest line that is read, or of the config.
    """

    cheap = True

    def __init__(self, lines: Sequence[NamedText], vocabulary: Vocabulary, p: SequenceDataParameter) -> None:
        self._lines = lines
        self._next, self._pad_left, self._time_first = p.next, p.pad_left, p.time_first
        encode, most = Encoder(vocabulary), p.max_length or 1 << 62
        if p.next:  # a line and both its marks are one token more than either blob
            self._tokens = [
                np.array([PAD, *encode(line.text), PAD], np.float32)[:most] for line in self._lines
            ]
        else:
            self._tokens = [encode(line.text).astype(np.float32)[:most] for line in self._lines]
        if p.length:
            self._tokens = [tokens[: p.length + p.next] for tokens in self._tokens]
        self.length = p.length or max(1, max(map(len, self._tokens)) - p.next)

    def __len__(self) -> int:
        return len(self._lines)

    def key_of(self, index: int) -> str:
        """The text of a line: equal ones belong to the same part."""
        return self._lines[index].text

    def name(self, index: int) -> str:
        """The number of a line, and its beginning."""
        return f"line {self._lines[index].name}: '{self._lines[index].text:.40}'"

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read tokens, with ``next`` also the next ones, and numbers of tokens."""
        lines = [self._tokens[index] for index in indices.tolist()]
        parts = [lines] if not self._next else [[line[:-1] for line in lines], [line[1:] for line in lines]]
        blobs = [self._padded(part, fill) for part, fill in zip(parts, (PAD, IGNORED), strict=False)]
        return (*blobs, np.array([len(line) for line in parts[0]], np.float32))

    def _padded(self, lines: Sequence[Array], fill: int) -> Array:
        blob = np.full((len(lines), self.length), fill, np.float32)
        for row, line in zip(blob, lines, strict=True):
            start = self.length - len(line) if self._pad_left else 0
            row[start : start + len(line)] = line
        return np.ascontiguousarray(blob.T) if self._time_first else blob


def _lines(source: str, field: str) -> list[NamedText]:
    """The lines of a text file, empty ones included, each with its number."""
    with opening(f"{_FIELD}{field}", source, "a text file"):
        facts = Path(source).stat()
        return _read_lines(source, (facts.st_mtime_ns, facts.st_size))


@lru_cache(maxsize=4)
def _read_lines(source: str, stamp: tuple[int, int]) -> list[NamedText]:
    """Read lines; ``stamp`` changes with the file."""
    texts = [line for one in read_texts(source) for line in one.text.removesuffix("\n").split("\n")]
    return [NamedText(str(number), text) for number, text in enumerate(texts, 1)]
