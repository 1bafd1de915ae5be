"""Texts that a trained net is asked about: lines, whole files, rows of a table, or what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.csv_file import parse_csv
from layerzoo.data.new_samples import NewSource
from layerzoo.data.texts import MAX_BYTES, NamedText
from layerzoo.data.vocabulary import UNKNOWN, Encoder, Vocabulary
from layerzoo.errors import DataError, did_you_mean, nearest
from layerzoo.schema import TextDataParameter

TABLES: Final = frozenset({".csv", ".tsv"})
NEW_TEXTS: Final = frozenset({".txt", ".text", ".md", ""}) | TABLES
"""Suffixes of files of texts."""


def new_lines(p: TextDataParameter, source: NewSource) -> list[NamedText]:
    """The texts of a source, each with its name: ``FILE:LINE``, or ``FILE`` for a whole one.

    A label before a tabulator, as lines have it that train, is left out.

    Args:
        p: the fitted layer's message.
        source: a file, a folder of files ``.txt``, or what was typed.

    Raises:
        DataError: a file can't be read, isn't UTF-8, or holds no text.
    """
    files = [source]
    if source.path is not None and source.path.is_dir():
        files = [NewSource.of(file) for file in _texts_in(source.path)]
    found = [text for file in files for text in _of_file(p, file)]
    if not found:
        what = "no files .txt with texts" if files != [source] else "no text"
        raise DataError(f"{source.name}: {what}")
    return found


def text_of(source: NewSource) -> str:
    """The whole text of a source.

    Raises:
        DataError: it can't be read, or isn't UTF-8.
    """
    data = source.read(MAX_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{source.name}:{line}: not UTF-8; save the text in UTF-8") from None


def unknown_tokens(vocabulary: Vocabulary, texts: Sequence[NamedText]) -> list[str]:
    """A note on texts of which no token is in the vocabulary: the net knows nothing of them."""
    encode = Encoder(vocabulary)
    blank = [one.name for one in texts if not (encode(one.text) != UNKNOWN).any()]
    if not blank:
        return []
    more = f" and {len(blank) - 1:,} more" if len(blank) > 1 else ""
    return [f"{blank[0]}{more}: no token is in the vocabulary, so the result says nothing of the text"]


def _texts_in(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*.txt")):
        if not any(part.startswith(".") for part in file.relative_to(folder).parts):
            yield file


def _of_file(p: TextDataParameter, source: NewSource) -> Iterator[NamedText]:
    if source.path is not None and source.path.suffix.lower() in TABLES:
        yield from _of_table(p, source)
        return
    text = text_of(source)
    if p.whole_files:
        if text.strip():
            yield NamedText(source.name, " ".join(text.split()))
        return
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for number, line in lines:
        label, _, rest = line.partition("\t")
        known = rest.strip() and label.strip() in p.class_name
        name = source.name if source.path is None and len(lines) == 1 else f"{source.name}:{number}"
        yield NamedText(name, (rest if known else line).strip())


def _of_table(p: TextDataParameter, source: NewSource) -> Iterator[NamedText]:
    tabs = source.path is not None and source.path.suffix.lower() == ".tsv"
    table = parse_csv(source.read(MAX_BYTES), source.name, "\t" if tabs else "")
    if p.text_column not in table.names:
        near = did_you_mean(nearest(p.text_column, table.names)) or f"it has {', '.join(table.names[:5])}"
        raise DataError(f"{source.name}: no column '{p.text_column:.100}' of texts; {near}")
    for text, line in zip(table.column(p.text_column), table.lines, strict=True):
        yield NamedText(f"{source.name}:{line}", text)
