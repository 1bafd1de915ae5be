"""TextData: texts as numbers of tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from layerzoo.data.vocabulary import build, write_vocabulary
from layerzoo.errors import ConfigError, DataError
from layerzoo.layers.text_data import TextData
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter


def layer(fields: str, tops: str = "xyc") -> str:
    named = " ".join(f'top: "{top}"' for top in tops)
    return f'layer {{ name: "d" type: "TextData" {named} text_data_param {{ {fields} }} }}'


def source(folder: Path, text: str, name: str = "t.txt") -> str:
    (folder / name).write_text(text)
    return f'source: "{folder / name}"'


def example(folder: Path) -> str:
    lines = f"{source(folder, 'a b', 'lines.txt')} task: LABELLED_LINES batch_size: 2 length: 3"
    (folder / "lines.txt").write_text("good\tnice\nbad\tpoor\n")
    windows = layer(f"{source(folder, 'abcabcabc')} batch_size: 2 length: 3")
    return windows + layer(lines, "uvw").replace('"d"', '"lines"')


def batch(text: str, phase: str = "TEST") -> dict[str, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return {name: blob.numpy() for name, blob in net.blobs.items()}


def parsed(fields: str) -> LayerParameter:
    param = LayerParameter()
    text_format.Parse(f"text_data_param {{ {fields} }}", param)
    return param


def test_windows_of_characters(tmp_path: Path) -> None:
    fields = f"{source(tmp_path, 'abcabca')} batch_size: 2 length: 3"
    blobs = batch(layer(fields))
    assert blobs["x"].tolist() == [[2, 3, 4], [2, 3, 4]]
    assert blobs["y"].tolist() == [[3, 4, 2], [3, 4, 2]]
    assert blobs["c"].tolist() == [[0, 1, 1], [0, 1, 1]]
    assert TextData.class_names(parsed(fields)) == ["<pad>", "<unknown>", "a", "b", "c"]


def test_time_first_is_what_recurrent_layers_read(tmp_path: Path) -> None:
    blobs = batch(layer(f"{source(tmp_path, 'abcabca')} batch_size: 2 length: 3 time_first: true"))
    assert {name: blob.shape for name, blob in blobs.items()} == {"x": (3, 2), "y": (3, 2), "c": (3, 2)}
    assert blobs["c"].tolist() == [[0, 0], [1, 1], [1, 1]]


def test_labelled_lines_of_words(tmp_path: Path) -> None:
    text = source(tmp_path, "good\tnice and good\nbad\tso bad\n")
    fields = f"{text} batch_size: 2 length: 4 task: LABELLED_LINES units: WORDS"
    blobs = batch(layer(fields))
    # and 2, bad 3, good 4, nice 5, so 6
    assert blobs["x"].tolist() == [[5, 2, 4, 0], [6, 3, 0, 0]]
    assert blobs["y"].tolist() == [1, 0]
    assert blobs["c"].tolist() == [3, 2]
    assert TextData.class_names(parsed(fields)) == ["bad", "good"]


def test_fitted_on_gives_vocabulary_and_classes(tmp_path: Path) -> None:
    source(tmp_path, "a\txy\nb\tz\n", "train.txt")
    test = source(tmp_path, "b\tzq\n", "test.txt")
    fields = f'{test} batch_size: 1 length: 2 task: LABELLED_LINES fitted_on: "{tmp_path / "train.txt"}"'
    blobs = batch(layer(fields))
    assert blobs["x"].tolist() == [[4, 1]]
    assert blobs["y"].tolist() == [1]


def test_a_vocabulary_from_a_file(tmp_path: Path) -> None:
    text = "low lower lowest " * 20
    write_vocabulary(build([text], "BPE", 270), tmp_path / "v.json")
    fields = f'{source(tmp_path, text)} batch_size: 1 length: 4 vocabulary: "{tmp_path / "v.json"}"'
    blobs = batch(layer(fields))
    vocabulary = TextData.vocabulary(parsed(fields))
    assert text.startswith(vocabulary.decode(blobs["x"][0].astype(int).tolist()))
    assert blobs["x"][0, 1:].tolist() == blobs["y"][0, :-1].tolist()


def test_a_changed_text_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "a.txt").write_text("aaaa")
    text = layer(f'source: "{tmp_path / "all"}" batch_size: 1 length: 3')
    assert batch(text)["x"].tolist() == [[2, 2, 2]]
    (tmp_path / "all" / "a.txt").write_text("bbbba")
    assert batch(text)["x"].tolist() == [[3, 3, 3]]


@pytest.mark.parametrize("units", ["CHARACTERS", "WORDS"])
def test_the_vocabulary_of_windows_is_that_of_the_ones_that_train(tmp_path: Path, units: str) -> None:
    between = " " if units == "WORDS" else ""
    # each window of 4 repeats a token of its own, and the first of the next one follows
    text = source(tmp_path, between.join(chr(0x4E00 + number // 4) for number in range(400)))
    fields = f"{text} batch_size: 1 length: 4 units: {units}"
    split = "reading_param { split: %s val_share: 0.3 test_share: 0.2 }"
    net = layer(fields)[:-1] + split + " }"
    param = parse_net(net % "TRAIN").message.layer[0]
    tokens = list(TextData.vocabulary(param).tokens[2:])
    windows = TextData(param, [])
    trained = {
        chr(0x4E00 + place)
        for index in range(len(windows.source))
        for start in [int(windows.source.key_of(index).partition(":")[2]) // 4]
        for place in (start, start + 1)
    }
    assert tokens == sorted(trained)
    assert 40 < len(windows.source) < 60
    for part in ("VAL", "TEST"):
        assert TextData.vocabulary(parse_net(net % part).message.layer[0]).tokens[2:] == tokens
    assert len(TextData.vocabulary(parsed(fields)).tokens) == 102


def test_overlapping_windows_are_not_split(tmp_path: Path) -> None:
    text = source(tmp_path, "abc" * 50)
    split = "reading_param { split: TRAIN val_share: 0.3 }"
    with pytest.raises(
        ConfigError, match="stride 2 with windows of 4 and a split: windows of its parts overlap"
    ):
        batch(layer(f"{text} batch_size: 1 length: 4 stride: 2")[:-1] + split + " }")
    assert batch(layer(f"{text} batch_size: 1 length: 4 stride: 4")[:-1] + split + " }")["x"].shape == (1, 4)
    assert batch(layer(f"{text} batch_size: 1 length: 4 stride: 2"))["x"].shape == (1, 4)


def test_faults(tmp_path: Path) -> None:
    text = source(tmp_path, "abcabc")
    with pytest.raises(ConfigError, match="BPE without a vocabulary"):
        batch(layer(f"{text} batch_size: 1 length: 2 units: BPE"))
    with pytest.raises(ConfigError, match="length must be at least 1"):
        batch(layer(f"{text} batch_size: 1"))
    with pytest.raises(ConfigError, match="can't be opened"):
        batch(layer('source: "/absent.txt" batch_size: 1 length: 2'))
    with pytest.raises(DataError, match=r"t.txt: the longest text has 6 tokens"):
        batch(layer(f"{text} batch_size: 1 length: 20"))


def folder_of_texts(folder: Path) -> Path:
    for part, word in (("train", "one"), ("test", "two")):
        for name in ("ham", "spam"):
            (folder / part / name).mkdir(parents=True)
            (folder / part / name / "1.txt").write_text(f"{word}\n{name}\n")
    return folder


def test_folders_of_classes_hold_whole_texts(tmp_path: Path) -> None:
    source = folder_of_texts(tmp_path)
    net = f"""
        layer {{ name: "d" type: "TextData" top: "x" top: "y" top: "n"
          text_data_param {{ source: "{source}" batch_size: 2 length: 3 task: LABELLED_LINES units: WORDS }}
          reading_param {{ split: TEST shuffle: false }} }}"""
    blobs = Net(parse_net(net, format="prototxt"), "TEST")()
    assert blobs["x"].tolist() == [[1, 2, 0], [1, 4, 0]], (
        "ham, one, spam: of train alone, where two is unknown"
    )
    assert (blobs["y"].tolist(), blobs["n"].tolist()) == ([0, 1], [2, 2])


def test_whole_files_are_of_folders(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\tb\nc\td\n")
    net = f"""
        layer {{ name: "d" type: "TextData" top: "x" top: "y"
          text_data_param {{ source: "{tmp_path}/a.txt" batch_size: 2 length: 3 task: LABELLED_LINES
            whole_files: true }} }}"""
    with pytest.raises(ConfigError, match=r"a\.txt' is no folder of texts for each class"):
        Net(parse_net(net, format="prototxt"), "TEST")
