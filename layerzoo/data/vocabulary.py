"""Vocabularies of texts: characters, words, or pieces of words by byte-pair encoding."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from layerzoo.atomic import write_atomic
from layerzoo.data.draws import Ints
from layerzoo.errors import DataError, MissingExtraError
from layerzoo.regular_file import read_bytes
from layerzoo.schema import TextDataParameter, VocabularyParameter

Units = Literal["CHARACTERS", "WORDS", "BPE"]
SPECIAL: Final = ("<pad>", "<unknown>")
"""The first two tokens: what fills up short texts, and what isn't in the vocabulary."""
PAD: Final = 0
UNKNOWN: Final = 1
MAX_TOKENS: Final = 1 << 20
"""The most tokens of a vocabulary."""
MAX_BYTES: Final = 1 << 26
"""The largest file of a vocabulary."""
_FORMAT: Final = 1
_WORD: Final = re.compile(r"\w+|[^\w\s]")


class Vocabulary(NamedTuple):
    """Tokens and their numbers from 0.

    Attributes:
        units: what a token is: CHARACTERS, WORDS (and punctuation marks), or BPE.
        tokens: the tokens; the first two are `SPECIAL`.
        lowercase: whether texts are turned into lower case first.
        merges: of BPE, the pairs of tokens that are joined, first ones first.
    """

    units: Units
    tokens: Sequence[str]
    lowercase: bool = False
    merges: Sequence[tuple[str, str]] = ()

    def encode(self, text: str) -> Ints:
        """The numbers of a text's tokens; those that aren't in the vocabulary are `UNKNOWN`."""
        return Encoder(self)(text)

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of tokens; words have spaces between them, padding is left out."""
        known = [number for number in numbers if number != PAD]
        if self.units == "BPE":
            return str(_tokenizer(self).decode([int(number) for number in known], skip_special_tokens=False))
        joint = "" if self.units == "CHARACTERS" else " "
        return joint.join(self.tokens[number] for number in known)


class Encoder:
    """Encodes many texts by one vocabulary, see `Vocabulary.encode`.

    Args:
        vocabulary: the vocabulary.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def __call__(self, text: str) -> Ints:
        """The numbers of a text's tokens."""
        if self._vocabulary.lowercase:
            text = text.lower()
        if self._vocabulary.units == "BPE":
            return np.array(self._bpe.encode(text).ids, np.int64)
        if self._vocabulary.units == "WORDS":
            words = split_into_tokens(text, "WORDS")
            numbers = [self._number_of.get(word, UNKNOWN) for word in words]
            return np.array(numbers, np.int64)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        known, places = self._codes
        if not len(known):
            return np.full(len(codes), UNKNOWN, np.int64)
        at = np.searchsorted(known, codes).clip(max=len(known) - 1)
        return np.where(known[at] == codes, places[at], UNKNOWN)

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self._vocabulary.tokens)}

    @cached_property
    def _codes(self) -> tuple[Ints, Ints]:
        """The code points of the tokens, ascending, and their numbers."""
        codes = np.array([ord(token) for token in self._vocabulary.tokens[len(SPECIAL) :]], np.int64)
        order = np.argsort(codes)
        return codes[order], order + len(SPECIAL)

    @cached_property
    def _bpe(self) -> Any:
        return _tokenizer(self._vocabulary)


def split_into_tokens(text: str, units: Units) -> Sequence[str]:
    """The characters, or the words and punctuation marks, of a text.

    Args:
        text: the text, in lower case if its vocabulary is.
        units: CHARACTERS or WORDS.
    """
    return text if units == "CHARACTERS" else _WORD.findall(text)


def build(texts: Iterable[str], units: Units, most: int, lowercase: bool = False) -> Vocabulary:
    """Make a vocabulary of texts: the same texts give the same vocabulary.

    Args:
        texts: the texts that train.
        units: what a token is.
        most: the most tokens, with the two of `SPECIAL`; the most frequent ones are kept.
        lowercase: whether texts are turned into lower case first.

    Raises:
        DataError: the texts are empty, or ``most`` is too small or too large.
        MissingExtraError: BPE without the library tokenizers.
    """
    if not len(SPECIAL) < most <= MAX_TOKENS:
        raise DataError(f"a vocabulary of {most:,} tokens; expected 3 to {MAX_TOKENS:,}")
    if lowercase:
        texts = (text.lower() for text in texts)
    if units == "BPE":
        return _trained(texts, most, lowercase)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_into_tokens(text, units))
    if not counts:
        raise DataError("the texts are empty")
    frequent = sorted(counts, key=lambda token: (-counts[token], token))[: most - len(SPECIAL)]
    return Vocabulary(units, [*SPECIAL, *sorted(frequent)], lowercase)


def write_vocabulary(vocabulary: Vocabulary, path: str | PathLike[str]) -> None:
    """Write a vocabulary as JSON, atomically.

    Raises:
        DataError: the file can't be written.
    """
    facts = {"format": _FORMAT, "units": vocabulary.units, "lowercase": vocabulary.lowercase}
    lists = {"tokens": list(vocabulary.tokens), "merges": [list(pair) for pair in vocabulary.merges]}
    try:
        write_atomic(Path(path), json.dumps({**facts, **lists}, ensure_ascii=False, indent=0) + "\n")
    except OSError as error:
        raise DataError(f"{fspath(path)} can't be written: {error.strerror or error}") from None
    except UnicodeEncodeError:
        raise DataError(f"{fspath(path)}: a token is half of a character; the text is damaged") from None


def read_vocabulary(path: str | PathLike[str]) -> Vocabulary:
    """Read a vocabulary.

    Raises:
        OSError: the file can't be read.
        DataError: it isn't a vocabulary.
    """
    name = fspath(path)
    data = read_bytes(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"{name}: a vocabulary of more than {MAX_BYTES:,} bytes")
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        raise DataError(f"{name}: not a vocabulary, as it isn't JSON in UTF-8") from None
    match facts:
        case {
            "format": 1,
            "units": "CHARACTERS" | "WORDS" | "BPE" as units,
            "lowercase": bool(lowercase),
            "tokens": list(tokens),
            "merges": list(merges),
        } if _are_tokens(tokens, units) and _are_pairs(merges):
            pairs = tuple((left, right) for left, right in merges)
            return Vocabulary(units, tokens, lowercase, pairs)
    what = "expected format 1, units, lowercase, tokens that begin with <pad> and <unknown>, and merges"
    raise DataError(f"{name}: not a vocabulary of Layerzoo; {what}")


def as_message(vocabulary: Vocabulary) -> VocabularyParameter:
    """A vocabulary as a message."""
    pairs = [" ".join(pair) for pair in vocabulary.merges]
    return VocabularyParameter(
        units=vocabulary.units, lowercase=vocabulary.lowercase, token=vocabulary.tokens, merge=pairs
    )


def of_message(message: VocabularyParameter) -> Vocabulary:
    """A vocabulary from a message.

    Raises:
        DataError: its tokens aren't those of a vocabulary.
    """
    units: Units = TextDataParameter.Units.Name(message.units)  # type: ignore[assignment]  # the names are the same
    tokens = list(message.token)
    merges = [pair.split(" ") for pair in message.merge]
    if not _are_tokens(tokens, units) or not _are_pairs(merges):
        raise DataError(f"vocabulary_param: not a vocabulary; expected tokens that begin with {SPECIAL}")
    return Vocabulary(units, tokens, message.lowercase, tuple((left, right) for left, right in merges))


def _are_tokens(tokens: list[Any], units: str) -> bool:
    return (
        tuple(tokens[:2]) == SPECIAL
        and 2 < len(tokens) <= MAX_TOKENS
        and all(isinstance(token, str) for token in tokens)
        and len(set(tokens)) == len(tokens)
        and (units != "CHARACTERS" or all(len(token) == 1 for token in tokens[2:]))
    )


def _are_pairs(merges: list[Any]) -> bool:
    return len(merges) <= MAX_TOKENS and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in merges
    )


def _trained(texts: Iterable[str], most: int, lowercase: bool) -> Vocabulary:
    library = _library()
    tokenizer = library.Tokenizer(library.models.BPE())
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = library.pre_tokenizers.ByteLevel.alphabet()
    if most < len(alphabet) + len(SPECIAL):
        message = f"expected at least {len(alphabet) + len(SPECIAL)}: BPE has a token for each byte"
        raise DataError(f"a vocabulary of {most:,} tokens; {message}")
    trainer = library.trainers.BpeTrainer(
        vocab_size=most, special_tokens=list(SPECIAL), initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=lambda token: int(model["vocab"][token]))
    # older releases of the library write a pair as one text
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    return Vocabulary("BPE", tokens, lowercase, tuple((left, right) for left, right in pairs))


def _tokenizer(vocabulary: Vocabulary) -> Any:
    """The tokenizer of a BPE vocabulary.

    Raises:
        DataError: merges name tokens that aren't there.
    """
    library = _library()
    numbers = {token: number for number, token in enumerate(vocabulary.tokens)}
    try:
        model = library.models.BPE(vocab=numbers, merges=list(vocabulary.merges))
    except Exception as error:  # its own class, without a name that can be imported
        raise DataError(f"a damaged BPE vocabulary: {error!s:.200}") from None
    tokenizer = library.Tokenizer(model)
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = library.decoders.ByteLevel()
    return tokenizer


def _library() -> Any:
    try:
        import tokenizers
        from tokenizers import decoders, models, pre_tokenizers, trainers  # noqa: F401
    except ImportError:
        raise MissingExtraError("a BPE vocabulary", "text") from None
    return tokenizers
