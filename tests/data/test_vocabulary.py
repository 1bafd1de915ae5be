"""Vocabularies: characters, words, byte-pair encoding."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.data.vocabulary import (
    SPECIAL,
    UNKNOWN,
    Vocabulary,
    as_message,
    build,
    of_message,
    read_vocabulary,
    write_vocabulary,
)
from layerzoo.errors import DataError, MissingExtraError
from layerzoo.schema import VocabularyParameter


def test_characters_are_encoded_and_decoded() -> None:
    vocabulary = build(["abba", "cab"], "CHARACTERS", 100)
    assert vocabulary.tokens == ["<pad>", "<unknown>", "a", "b", "c"]
    assert vocabulary.encode("cäb").tolist() == [4, UNKNOWN, 3]
    assert vocabulary.decode([0, 2, 3, 1]) == "ab<unknown>"


def test_the_most_frequent_tokens_are_kept() -> None:
    assert build(["aaabbc"], "CHARACTERS", 4).tokens[2:] == ["a", "b"]
    assert build(["cba"], "CHARACTERS", 4).tokens[2:] == ["a", "b"], "equal ones by name"


def test_words_and_marks_are_tokens() -> None:
    vocabulary = build(["The cat, the dog."], "WORDS", 100, lowercase=True)
    assert vocabulary.tokens[2:] == [",", ".", "cat", "dog", "the"]
    assert vocabulary.encode("THE bird.").tolist() == [6, UNKNOWN, 3]
    assert vocabulary.decode([6, 4]) == "the cat"


def test_bpe_joins_frequent_pairs() -> None:
    vocabulary = build(["low lower lowest low"] * 5, "BPE", 262)
    assert len(vocabulary.tokens) == 262
    assert set(vocabulary.merges[:2]) in ({("l", "o"), ("lo", "w")}, {("o", "w"), ("l", "ow")})
    numbers = vocabulary.encode("slow löw")
    assert vocabulary.decode(numbers.tolist()) == "slow löw", "every byte is a token"
    assert len(numbers) < 9


def test_bpe_of_the_same_texts_is_the_same_in_another_process() -> None:
    code = (
        "from layerzoo.data.vocabulary import build;"
        "print(build(['in the beginning the thin thing'] * 3, 'BPE', 280).merges)"
    )
    printed = [subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2)]
    assert printed[0] == printed[1]
    assert "('t', 'h')" in printed[0]


@pytest.mark.parametrize("units", ["CHARACTERS", "WORDS", "BPE"])
def test_files_keep_a_vocabulary(tmp_path: Path, units: str) -> None:
    vocabulary = build(["Ein schöner Tag. Ein Tag"], units, 300, lowercase=True)  # type: ignore[arg-type]
    write_vocabulary(vocabulary, tmp_path / "v.json")
    read = read_vocabulary(tmp_path / "v.json")
    assert read == vocabulary
    assert read.encode("ein Tag").tolist() == vocabulary.encode("ein tag").tolist()


GOOD = {
    "format": 1,
    "units": "CHARACTERS",
    "lowercase": False,
    "tokens": ["<pad>", "<unknown>", "a"],
    "merges": [],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 2},
        {"units": "LETTERS"},
        {"lowercase": 1},
        {"tokens": ["a", "b", "c"]},
        {"tokens": ["<pad>", "<unknown>", "a", "a"]},
        {"tokens": ["<pad>", "<unknown>", "ab"]},
        {"tokens": ["<pad>", "<unknown>", 3]},
        {"tokens": ["<pad>", "<unknown>"]},
        {"merges": [["a"]]},
        {"merges": "ab"},
    ],
)
def test_other_files_are_refused(tmp_path: Path, changed: dict[str, object]) -> None:
    path = tmp_path / "v.json"
    path.write_text(json.dumps(GOOD))
    assert read_vocabulary(path).tokens == GOOD["tokens"]
    path.write_text(json.dumps(GOOD | changed))
    with pytest.raises(DataError, match=r"v.json: not a vocabulary of Layerzoo; expected format 1"):
        read_vocabulary(path)


def test_text_that_is_no_json_is_refused(tmp_path: Path) -> None:
    for text in (b"hello", b"\xff", b"[" * 100_000):
        (tmp_path / "v.json").write_bytes(text)
        with pytest.raises(DataError, match="not a vocabulary"):
            read_vocabulary(tmp_path / "v.json")


def test_damaged_merges_are_an_error() -> None:
    with pytest.raises(DataError, match="a damaged BPE vocabulary"):
        Vocabulary("BPE", ["<pad>", "<unknown>", "a"], merges=[("a", "b")]).encode("a")


def test_faults() -> None:
    with pytest.raises(DataError, match="the texts are empty"):
        build([""], "CHARACTERS", 10)
    with pytest.raises(DataError, match="a vocabulary of 2 tokens"):
        build(["a"], "CHARACTERS", 2)
    with pytest.raises(DataError, match="BPE has a token for each byte"):
        build(["a"], "BPE", 100)


def test_bpe_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[text\]"):
        build(["a"], "BPE", 300)


def test_vocabulary_is_the_same_after_a_message() -> None:
    bpe = Vocabulary("BPE", [*SPECIAL, "a", "b", "ab"], True, (("a", "b"),))
    for vocabulary in (bpe, build(["so fine"], "CHARACTERS", 20)):
        made = of_message(VocabularyParameter.FromString(as_message(vocabulary).SerializeToString()))
        assert made == vocabulary._replace(tokens=list(vocabulary.tokens))
    with pytest.raises(DataError, match="vocabulary_param: not a vocabulary"):
        of_message(VocabularyParameter(token=["a", "b", "c"]))
    with pytest.raises(DataError, match="vocabulary_param: not a vocabulary"):
        of_message(VocabularyParameter(token=[*SPECIAL, "a"], merge=["a"]))
