"""Lines of a text as sequences of tokens, and pairs of texts that are shuffled alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.new_samples import NewSource
from layerzoo.errors import ConfigError, LayerFault
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter

LINES = "abba\na\n\nbab\n"
"""Tokens: a 2, b 3."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text(LINES)
    return path


def layer(source: Path, fields: str, tops: int = 3, name: str = "data", phase: str = "TRAIN") -> str:
    named = " ".join(f'top: "{name}{number}"' for number in range(tops))
    text = f'source: "{source}" batch_size: 4 {fields}'
    return f'layer {{ name: "{name}" type: "SequenceData" {named} sequence_data_param {{ {text} }} }}\n'


def batch(text: str, passes: int = 1) -> list[dict[str, list[object]]]:
    net = Net(parse_net(text), "TRAIN", seed=4)
    return [{name: blob.tolist() for name, blob in net().items()} for _ in range(passes)]


def test_lines_are_padded_sequences_with_lengths(source: Path) -> None:
    found = batch(layer(source, "unit: CHARACTER", 2))[0]
    assert found["data0"] == [[2, 3, 3, 2], [2, 0, 0, 0], [0, 0, 0, 0], [3, 2, 3, 0]]
    assert found["data1"] == [4, 1, 0, 3], "an empty line is a sequence, too"
    cut = batch(layer(source, "unit: CHARACTER max_length: 3 pad_left: true", 2))[0]
    assert cut["data0"] == [[2, 3, 3], [0, 0, 2], [0, 0, 0], [3, 2, 3]]
    assert cut["data1"] == [3, 1, 0, 3]
    wide = batch(layer(source, "unit: CHARACTER length: 6", 1))[0]
    assert np.array(wide["data0"]).shape == (4, 6)
    first = batch(layer(source, "unit: CHARACTER time_first: true", 1))[0]
    assert np.array(first["data0"]).T.tolist() == found["data0"]


def test_next_gives_marks_and_ignores_padding(source: Path) -> None:
    found = batch(layer(source, "unit: CHARACTER next: true"))[0]
    assert found["data0"] == [[0, 2, 3, 3, 2], [0, 2, 0, 0, 0], [0, 0, 0, 0, 0], [0, 3, 2, 3, 0]]
    assert found["data1"] == [[2, 3, 3, 2, 0], [2, 0, -1, -1, -1], [0, -1, -1, -1, -1], [3, 2, 3, 0, -1]]
    assert found["data2"] == [5, 2, 1, 4]
    cut = batch(layer(source, "unit: CHARACTER next: true max_length: 3", 2))[0]
    assert cut["data0"] == [[0, 2], [0, 2], [0, 0], [0, 3]]
    assert cut["data1"] == [[2, 3], [2, 0], [0, -1], [3, 2]]


def test_words_have_a_vocabulary_of_the_lines_or_of_another_file(source: Path, tmp_path: Path) -> None:
    source.write_text("the cat\na cat\nthe cat sat\n")
    found = batch(layer(source, "unit: WORD", 2).replace("batch_size: 4", "batch_size: 3"))[0]
    assert found["data0"] == [[5, 3, 0], [2, 3, 0], [5, 3, 4]]
    other = tmp_path / "train.txt"
    other.write_text("sat sat sat\ncat cat\n")
    param = parse_net(layer(source, f'unit: WORD fitted_on: "{other}"', 2)).message.layer[0]
    assert Net(parse_net(layer(source, f'unit: WORD fitted_on: "{other}"', 1)), "TRAIN")()[
        "data0"
    ].tolist() == [
        [1, 2, 0],
        [1, 2, 0],
        [1, 2, 3],
        [1, 2, 0],
    ]
    fitted = LAYERS["SequenceData"].fitted(param)  # type: ignore[attr-defined]  # a data layer
    assert list(fitted.sequence_data_param.vocabulary_param.token)[2:] == ["cat", "sat"]
    assert not fitted.sequence_data_param.HasField("source")


def test_new_lines_are_read_as_those_that_trained(source: Path) -> None:
    kind = LAYERS["SequenceData"]
    param: LayerParameter = kind.fitted(  # type: ignore[attr-defined]  # a data layer
        parse_net(layer(source, "unit: CHARACTER next: true")).message.layer[0]
    )
    assert kind.reads_new(param, NewSource("t", None, b""))  # type: ignore[attr-defined]
    inputs = {"data0": (1, 5), "data2": (1,)}
    found = kind.new_samples(param, NewSource("t", None, b"ba\nz\n"), inputs)  # type: ignore[attr-defined]
    tokens, lengths = found.read(np.arange(2), np.arange(2), 0)
    assert tokens.tolist() == [[0, 3, 2, 0, 0], [0, 1, 0, 0, 0]]
    assert lengths.tolist() == [3, 2]
    assert found.name(1) == "t:2"
    how = kind.continuation(param)  # type: ignore[attr-defined]
    assert how.start("") == [0]
    window, place = how.window([0, 3, 2])
    assert window["data0"].tolist() == [[0, 3, 2, 0, 0]]
    assert window["data2"].tolist() == [3]
    assert place == 2


def test_texts_keep_their_order_unless_they_share_a_random_one(source: Path, tmp_path: Path) -> None:
    names = [f"{'a' * (1 + number % 7)}{'b' * number}" for number in range(16)]
    source.write_text("".join(f"{name}\n" for name in names))
    other = tmp_path / "other.txt"
    other.write_text("".join(f"{name.upper()}\n" for name in names))
    plain = batch(layer(source, "unit: CHARACTER", 2), 4)
    assert [len(names[number]) for number in range(16)] == [n for one in plain for n in one["data1"]]

    def pair(more: str) -> list[tuple[list[object], list[object]]]:
        text = "".join(
            layer(path, "unit: CHARACTER shuffle: true", 2, name).replace("} }", f"}} {more} }}")
            for path, name in ((source, "x"), (other, "y"))
        )
        return [(one["x1"], one["y1"]) for one in batch(text, 8)]

    together = pair('reading_param { order: "pairs" }')
    assert all(x == y for x, y in together)
    assert together[:4] != together[4:], "each epoch has its own"
    assert any(x != y for x, y in pair("")), "without it they go out of step"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("next: true", "next is for texts"),
        (
            'unit: WORD label: "a"',
            "label is for numbers, but unit or vocabulary says that the source is a text",
        ),
        ("unit: BPE", "BPE without a vocabulary"),
        ('unit: WORD vocabulary: "missing.json"', "missing.json"),
    ],
)
def test_settings_that_do_not_fit_are_faults(source: Path, fields: str, words: str) -> None:
    with pytest.raises((ConfigError, LayerFault), match=words):
        Net(parse_net(layer(source, fields)))
