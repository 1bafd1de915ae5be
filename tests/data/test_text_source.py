"""Texts as the config of a TextData layer says."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.selection import split_of
from layerzoo.data.text_source import fitted_texts, load_texts, load_vocabulary, whole_files
from layerzoo.data.vocabulary import as_message, build
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, LayerParameter, ReadingParameter, TextDataParameter

LINES = TextDataParameter.LABELLED_LINES


def layer(source: Path, phase: int = TRAIN, **fields: object) -> LayerParameter:
    param = LayerParameter(type="TextData", phase=phase)
    values = {"task": LINES, "units": TextDataParameter.WORDS, "length": 3, **fields}
    param.text_data_param.CopyFrom(TextDataParameter(source=str(source), **values))  # type: ignore[arg-type]
    return param


@pytest.fixture
def divided(tmp_path: Path) -> Path:
    """Folders train and test of the classes ham and spam."""
    for part in ("train", "test"):
        for name in ("ham", "spam"):
            (tmp_path / "mails" / part / name).mkdir(parents=True)
            (tmp_path / "mails" / part / name / "1.txt").write_text(f"{part}\n{name}\n")
    return tmp_path / "mails"


def test_each_phase_reads_its_part(divided: Path) -> None:
    for phase, part in ((TRAIN, "train"), (TEST, "test")):
        loaded = load_texts(layer(divided, phase))
        assert [(line.label, line.text) for line in loaded.lines] == [
            ("ham", f"{part} ham"),
            ("spam", f"{part} spam"),
        ]


def test_vocabulary_and_classes_are_of_the_part_that_trains(divided: Path) -> None:
    tests = layer(divided, TEST)
    tests.reading_param.split = ReadingParameter.TEST
    assert list(load_vocabulary(tests).tokens[2:]) == ["ham", "spam", "train"]
    assert fitted_texts(tests.text_data_param).classes == ["ham", "spam"]
    assert whole_files(tests.text_data_param)


def test_hash_chooses_the_lines_of_the_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("".join(f"{'ab'[n % 2]}\tword{n}\n" for n in range(60)))
    param = layer(tmp_path / "l.txt")
    param.reading_param.split = ReadingParameter.VAL
    param.reading_param.val_share, param.reading_param.test_share = 0.3, 0.3
    tokens = load_vocabulary(param).tokens[2:]
    assert 10 < len(tokens) < 50
    assert {split_of(token, 0.3, 0.3) for token in tokens} == {ReadingParameter.TRAIN}
    assert not whole_files(param.text_data_param)


def test_own_vocabulary_comes_first(tmp_path: Path) -> None:
    param = layer(tmp_path / "gone.txt")
    made = build(["a b"], "WORDS", 10, lowercase=True)
    param.text_data_param.vocabulary_param.CopyFrom(as_message(made))
    assert load_vocabulary(param) == made
    with pytest.raises(LayerFault, match="BPE without a vocabulary"):
        load_vocabulary(layer(tmp_path / "gone.txt", units=TextDataParameter.BPE))
