"""``layerzoo classify``."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.cli.main import main
from layerzoo.data.datasets.digits import Digits
from layerzoo.loader import emit, parse_net
from layerzoo.net import Net
from layerzoo.zoo import publish
from layerzoo.zoo.describe import describe

NET = """
name: nearest
layer:
- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 90, size: 8}}
- {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 10}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose zoo has ``means``, a net that compares a digit with the mean of each class."""
    folder = tmp_path_factory.mktemp("zoo")
    document = parse_net(NET, format="yaml")
    (folder / "net.prototxt").write_text(emit(document.message, "prototxt"))
    images, labels = Digits().load("train")
    net = Net(document, "TEST")
    for label in range(10):
        mean = images[labels == label].mean(0).ravel()
        weight, bias = net.params["ip"]
        weight.data[label] = weight.new_tensor(mean)
        bias.data[label] = -float(mean @ mean) / 2
    net.save_weights(folder / "w.safetensors")
    entry = describe(folder / "net.prototxt", folder / "w.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERZOO_HOME", str(folder))
        publish("means", {**entry.files, "weights.safetensors": folder / "w.safetensors"}, entry.facts)
    return folder


@pytest.fixture
def digits(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one test digit of each class, ``<class>.png``."""
    monkeypatch.setenv("LAYERZOO_HOME", str(home))
    images, labels = Digits().load("test")
    for label in range(10):
        pixels = np.rint(images[labels == label][0, 0] * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{label}.png")
    return tmp_path


def test_folder_is_printed_as_json(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["classify", "-zoo", "means", str(digits), "-format", "json", "-top", "2", "-batch_size", "3"])
        == 0
    )
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(row["image"]).name for row in rows] == [f"{i}.png" for i in range(10)]
    right = sum(row["guesses"][0]["label"] == Path(row["image"]).stem for row in rows)
    assert right >= 8
    assert all(len(row["guesses"]) == 2 for row in rows)


def test_files_and_patterns_are_printed_as_table_and_csv(
    digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(digits / "0.png"), "-zoo", "means", "-top", "1"]) == 0
    name, guess = capsys.readouterr().out.splitlines()
    assert name == str(digits / "0.png")
    assert guess.split()[1] == "0"
    assert main(["classify", "-zoo", "means", str(digits / "[0-2].png"), "-top", "1", "-format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "image,rank,label,index,score"
    assert [line.split(",")[1] for line in lines[1:]] == ["1", "1", "1"]


def test_stdin_is_an_image_or_paths(
    digits: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for stdin in ((digits / "0.png").read_bytes(), f"{digits / '0.png'}\n\n{digits / '0.png'}\n".encode()):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        assert main(["classify", "-zoo", "means", "-", "-top", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0::2] == ["<stdin>", str(digits / "0.png"), str(digits / "0.png")]
    assert len(set(lines[1::2])) == 1


def test_unreadable_images_are_reported_and_skipped(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (digits / "broken.png").write_bytes(b"no image")
    wanted = [str(digits / "0.png"), str(digits / "broken.png"), str(digits / "absent.png")]
    assert main(["classify", "-zoo", "means", *wanted, "-top", "1"]) == 4
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == wanted[0]
    assert f"{wanted[1]}: not an image" in err
    assert f"{wanted[2]}: No such file" in err


def test_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "x.png"]) == 2
    assert "-zoo, -run or -model is required" in capsys.readouterr().err
    assert main(["classify", "-zoo", "lenet"]) in {1, 2}


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_classify_by_another_engine_gives_the_same_answers(
    engine: str, digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for library in ("onnxscript", engine):
        pytest.importorskip(library, reason=f"the extra '{engine}' is not installed")
    answers = []
    for extra in ([], ["-engine", engine]):
        command = ["classify", "-zoo", "means", str(digits), "-format", "json", "-top", "3", *extra]
        assert main(command) == 0
        answers.append([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert len(answers[0]) == 10
    for own, other in zip(*answers, strict=True):
        assert own["image"] == other["image"]
        for mine, its in zip(own["guesses"], other["guesses"], strict=True):
            assert (its["label"], its["index"]) == (mine["label"], mine["index"])
            assert its["score"] == pytest.approx(mine["score"], abs=1e-5)


def test_classify_names_the_command_that_installs_an_engine(
    digits: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert main(["classify", "-zoo", "means", str(digits), "-engine", "openvino"]) == 1
    assert "pip install 'layerzoo[openvino]'" in capsys.readouterr().err
