"""Texts that a trained net is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.new_samples import NewSource
from layerzoo.data.new_texts import new_lines, text_of, unknown_tokens
from layerzoo.data.texts import NamedText
from layerzoo.data.vocabulary import build
from layerzoo.errors import DataError
from layerzoo.schema import TextDataParameter

LINES = TextDataParameter(task=TextDataParameter.LABELLED_LINES, class_name=["bad", "good"])
FILES = TextDataParameter(task=TextDataParameter.LABELLED_LINES, class_name=["bad", "good"], whole_files=True)


def test_lines_are_texts_and_known_labels_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "new.txt"
    file.write_text("good\tfine\n\nplain\nother\tstays\n")
    assert new_lines(LINES, NewSource.of(file)) == [
        (f"{file}:1", "fine"),
        (f"{file}:3", "plain"),
        (f"{file}:4", "other\tstays"),
    ]


def test_typed_text_has_its_own_name() -> None:
    assert new_lines(LINES, NewSource("so fine", None, b"so fine")) == [("so fine", "so fine")]
    two = new_lines(LINES, NewSource("<stdin>", None, b"one\ntwo\n"))
    assert two == [("<stdin>:1", "one"), ("<stdin>:2", "two")]


def test_whole_files_are_texts(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b/c.txt").write_text("three\n")
    (tmp_path / ".hidden.txt").write_text("no\n")
    found = new_lines(FILES, NewSource.of(tmp_path))
    assert found == [(str(tmp_path / "a.txt"), "one two"), (str(tmp_path / "b/c.txt"), "three")]


def test_tables_have_a_column_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text('n,text\n1,"a, b"\n2,c\n')
    assert new_lines(LINES, NewSource.of(file)) == [(f"{file}:2", "a, b"), (f"{file}:3", "c")]
    file.write_text("n,texts\n1,a\n2,c\n")
    with pytest.raises(DataError, match="no column 'text' of texts; did you mean 'texts'"):
        new_lines(LINES, NewSource.of(file))


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no files \.txt"):
        new_lines(LINES, NewSource.of(tmp_path))
    with pytest.raises(DataError, match="<stdin>: no text"):
        new_lines(LINES, NewSource("<stdin>", None, b"\n \n"))
    with pytest.raises(DataError, match="<stdin>:2: not UTF-8"):
        text_of(NewSource("<stdin>", None, b"a\n\xff"))


def test_texts_of_unknown_words_are_noted() -> None:
    vocabulary = build(["a fine film"], "WORDS", 10)
    texts = [NamedText("1", "a book"), NamedText("2", "der Hund"), NamedText("3", "")]
    assert unknown_tokens(vocabulary, texts) == [
        "2 and 1 more: no token is in the vocabulary, so the result says nothing of the text"
    ]
    assert unknown_tokens(vocabulary, texts[:1]) == []
