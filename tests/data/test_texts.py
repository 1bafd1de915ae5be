"""Texts as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data import texts
from layerzoo.data.texts import (
    LabelledLine,
    Lines,
    NamedText,
    Windows,
    read_labelled_lines,
    read_texts,
    texts_of_windows,
)
from layerzoo.data.vocabulary import Vocabulary
from layerzoo.errors import DataError

LETTERS = Vocabulary("CHARACTERS", ["<pad>", "<unknown>", *"abcdefgh"])


def test_read_texts_of_a_file_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfzw\xc3\xb6lf")
    assert read_texts(tmp_path / "b.txt") == [NamedText("b.txt", "zwölf")]
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c.txt").write_text("one")
    (tmp_path / ".hidden.txt").write_text("no")
    (tmp_path / "x.md").write_text("no")
    assert [one.name for one in read_texts(tmp_path)] == ["a/c.txt", "b.txt"]


def test_read_labelled_lines(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("good\tvery  nice\n\n__label__bad so so\n")
    assert read_labelled_lines(path) == [
        LabelledLine("good", "very  nice", 1),
        LabelledLine("bad", "so so", 3),
    ]
    path.write_bytes("good\tone\u2028two\x85three\x0cfour\r\nbad\tso so".encode())
    assert read_labelled_lines(path) == [
        LabelledLine("good", "one\u2028two\x85three\x0cfour", 1),
        LabelledLine("bad", "so so", 2),
    ]
    (tmp_path / "t.csv").write_text("label,review\ngood,nice\nbad,\n")
    assert read_labelled_lines(tmp_path / "t.csv", text="review") == [
        LabelledLine("good", "nice", 2),
        LabelledLine("bad", "", 3),
    ]


def test_faults_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("good\tnice\nno label\n")
    with pytest.raises(DataError, match=r"lines.txt:2: 'no label'; expected a label, a tabulator and a text"):
        read_labelled_lines(path)
    path.write_text("")
    with pytest.raises(DataError, match="no lines"):
        read_labelled_lines(path)
    with pytest.raises(DataError, match="the text is empty"):
        read_texts(path)
    path.write_bytes(b"a\nb\xff")
    with pytest.raises(DataError, match=r"lines.txt:2: not UTF-8"):
        read_texts(path)
    (tmp_path / "t.csv").write_text("label,txt\na,b\nb,c\n")
    with pytest.raises(DataError, match="no column 'text'; did you mean 'txt'"):
        read_labelled_lines(tmp_path / "t.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no files .txt in the folder"):
        read_texts(tmp_path / "empty")
    monkeypatch.setattr(texts, "MAX_BYTES", 2)
    with pytest.raises(DataError, match="texts of more than 2 bytes"):
        read_texts(path)


def test_windows_are_followed_by_the_next_tokens() -> None:
    windows = Windows(
        [NamedText("t", "abcdefg"), NamedText("u", "ab"), NamedText("v", "hgfe")], LETTERS, 3, 3, False
    )
    assert len(windows) == 3
    tokens, following, marks = windows.read(np.array([1, 2]), np.arange(2), 0)
    assert [LETTERS.decode(row.astype(int)) for row in tokens] == ["def", "hgf"]
    assert [LETTERS.decode(row.astype(int)) for row in following] == ["efg", "gfe"]
    assert marks.tolist() == [[0, 1, 1], [0, 1, 1]]
    assert [windows.key_of(index) for index in range(3)] == ["t:0", "t:3", "v:0"]
    assert windows.name(1) == "t, token 3"


def test_windows_overlap_by_their_stride_and_turn() -> None:
    windows = Windows([NamedText("t", "abcde")], LETTERS, 3, 1, True)
    tokens, following, marks = windows.read(np.arange(2), np.arange(2), 0)
    assert tokens.shape == following.shape == marks.shape == (3, 2)
    assert [LETTERS.decode(row.astype(int)) for row in tokens.T] == ["abc", "bcd"]
    assert tokens.flags.c_contiguous


def test_a_text_shorter_than_a_window_is_an_error() -> None:
    with pytest.raises(DataError, match="the longest text has 3 tokens; windows of 3 need one more"):
        Windows([NamedText("t", "abc")], LETTERS, 3, 3, False)


def lines(**options: bool) -> Lines:
    read = [LabelledLine("y", "abc", 1), LabelledLine("x", "a", 2), LabelledLine("x", "abcdefgh", 3)]
    return Lines(read, ["x", "y"], LETTERS, 4, **{"pad_left": False, "time_first": False, **options})


def test_lines_are_cut_and_filled_up() -> None:
    tokens, labels, lengths = lines().read(np.arange(3), np.arange(3), 0)
    assert tokens.tolist() == [[2, 3, 4, 0], [2, 0, 0, 0], [2, 3, 4, 5]]
    assert labels.tolist() == [1, 0, 0]
    assert lengths.tolist() == [3, 1, 4]
    assert lines(pad_left=True).read(np.array([1]), np.arange(1), 0)[0].tolist() == [[0, 0, 0, 2]]
    assert lines(time_first=True).read(np.arange(2), np.arange(2), 0)[0].shape == (4, 2)


def test_lines_have_keys_names_and_labels() -> None:
    assert lines().key_of(1) == "a"
    assert lines().name(0) == "line 1: 'abc'"
    assert lines().labels().tolist() == [1, 0, 0]


def test_an_unknown_label_names_its_line() -> None:
    with pytest.raises(DataError, match="line 7: label 'z' is none of the 2 classes"):
        Lines([LabelledLine("z", "a", 7)], ["x", "y"], LETTERS, 4, False, False)


def test_texts_of_windows_are_what_windows_read() -> None:
    texts = [NamedText("a", "ABCDefgh"), NamedText("b", "hg"), NamedText("c", "fedcba")]
    windows = Windows(texts, LETTERS._replace(lowercase=True), 2, 3, False)
    chosen = [index for index in range(len(windows)) if windows.key_of(index) != "a:3"]
    expected = [
        "".join(LETTERS.tokens[int(token)] for token in [*first[0], *second[0, -1:]])
        for first, second, _ in (windows.read(np.array([index]), np.zeros(1, int), 0) for index in chosen)
    ]
    assert (
        texts_of_windows(texts, "CHARACTERS", True, 2, 3, "a:3".__ne__) == expected == ["abc", "fed", "cba"]
    )
    words = [NamedText("a", "One two, three")]
    assert texts_of_windows(words, "WORDS", False, 1, 1, lambda _: True) == ["One two", "two ,", ", three"]
