"""TextData: texts as numbers of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from layerzoo.data.continuation import Continuation
from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource, check_axis
from layerzoo.data.new_texts import NEW_TEXTS, new_lines, unknown_tokens
from layerzoo.data.samples import Samples
from layerzoo.data.text_source import fitted_texts, load_texts, load_vocabulary, parts_of, whole_files
from layerzoo.data.texts import LabelledLine, Lines, Windows
from layerzoo.data.vocabulary import Vocabulary, as_message, of_message
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, LayerParameter, ReadingParameter, TextDataParameter

_FIELD = "text_data_param."


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
            return fitted_texts(param.text_data_param).classes
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
            known.class_name.extend(fitted_texts(p).classes)
            known.whole_files = whole_files(p)
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
        return load_vocabulary(param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, size = param.text_data_param, cls.reading(param).batch_size
        positive(p.length, f"{_FIELD}length")
        _check_stride(param)
        if p.whole_files and not Path(p.source).is_dir():
            message = f"whole_files, but '{p.source}' is no folder of texts for each class"
            raise LayerFault(message, field=f"{_FIELD}whole_files", hint="remove it to read labelled lines")
        load_texts(param)
        if p.vocabulary or p.HasField("vocabulary_param") or p.units == TextDataParameter.BPE:
            cls.vocabulary(param)  # raises what is wrong
        tokens = (p.length, size) if p.time_first else (size, p.length)
        lines = p.task == TextDataParameter.LABELLED_LINES
        shapes: list[Shape] = [tokens, (size,), (size,)] if lines else [tokens] * 3
        return shapes[: len(param.top) or 3]

    def samples(self) -> Samples:
        p = self.param.text_data_param
        vocabulary, source = self.vocabulary(self.param), load_texts(self.param)
        part = self.param.reading_param.split if parts_of(p, p.source) else None
        try:
            if p.task == TextDataParameter.LABELLED_LINES:
                classes = fitted_texts(p).classes
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
