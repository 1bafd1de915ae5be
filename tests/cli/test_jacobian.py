"""``layerzoo jacobian``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from layerzoo.cli.main import main

NET = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 2 weight_filler { type: "values" values: [1, 2, 2, 0, 3, -4] } } }
layer { name: "square" type: "Power" bottom: "y" top: "z" power_param { power: 2 } }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    np.save(tmp_path / "x.npy", np.ones((1, 3), np.float32))
    return tmp_path


def test_table_has_singular_values_and_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jacobian", "-zoo", "lenet-digits"]) == 0
    out = capsys.readouterr().out
    assert "input: the first 1 of a batch\nd ip2 (1 x 10) / d data (1 x 1 x 28 x 28): 10 x 784\n" in out
    assert "rank              10 of 10\n" in out
    assert "condition number  14.7" in out
    assert "loss 7.23" in out
    assert [line.split()[1] for line in out.splitlines()[-5:-1]] == ["conv1", "conv2", "ip1", "ip2"]


def test_jacobian_of_a_net_is_printed_and_saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["jacobian", "x.npy", "-model", "net.prototxt", "-of", "y", "-json", "-out"]
    assert main([*line, "j.npy"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["of_shape"], said["wrt_shape"], said["rank"], said["loss"]) == ([1, 2], [1, 3], 2, None)
    assert said["norm"] == pytest.approx(34**0.5, rel=1e-6)
    saved = np.load(folder / "j.npy")
    assert saved.shape == (1, 2, 1, 3)
    assert saved.reshape(2, 3).tolist() == [[1, 2, 2], [0, 3, -4]]
    assert main([*line, "j.safetensors"]) == 0
    tensors = load_file(folder / "j.safetensors")
    assert tensors["jacobian"].tolist() == saved.tolist()
    assert tensors["singular_values"].tolist() == pytest.approx(said["singular_values"])


def test_first_output_is_the_default_and_its_derivative_is_at_the_input(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["jacobian", "x.npy", "-model", "net.prototxt", "-json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["of"] == "z"
    expected = 2 * np.array([[5.0], [-1]]) * [[1, 2, 2], [0, 3, -4]]  # 2 y dy/dx
    assert said["norm"] == pytest.approx(np.linalg.norm(expected), rel=1e-6)


def test_net_without_data_gets_random_numbers_of_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    outs = []
    for seed in ("1", "1", "2"):
        assert main(["jacobian", "-model", "net.prototxt", "-seed", seed]) == 0
        outs.append(capsys.readouterr().out)
    assert outs[0] == outs[1] != outs[2]
    assert outs[0].startswith("input: random numbers, seed 1\nd z (1 x 2) / d x (1 x 3): 2 x 3\n")
    assert "no gradients of layers: net '' has no loss layer" in outs[0]


def test_image_is_prepared_as_for_classify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.full((28, 28), 200, np.uint8)).save(folder / "seven.png")
    assert main(["jacobian", "-zoo", "lenet-digits", "seven.png"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("input: seven.png\nd prob (1 x 10) / d data (1 x 1 x 28 x 28): 10 x 784\n")
    assert "no gradients of layers" in out


def test_random_numbers_take_the_place_of_images_with_their_labels(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["jacobian", "-zoo", "mlp-digits", "-random", "-samples", "3", "-wrt", "ip2"]) == 0
    out = capsys.readouterr().out
    assert "d ip3 (3 x 10) / d ip2 (3 x " in out
    assert "loss " in out


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("-model net.prototxt -of yy", 2, "no blob 'yy' in net ''; did you mean 'y'?"),
        ("-model net.prototxt x.npy -random", 2, "FILE and -random exclude each other"),
        ("-model net.prototxt -out j.txt", 2, "expected a name that ends with .npy or .safetensors"),
        ("-model net.prototxt none.npy", 4, "none.npy can't be read: No such file"),
        ("-model net.prototxt -out none/j.npy", 1, "none/j.npy can't be written"),
        ("-zoo char-lstm", 2, "no derivative leads from data to score"),
        ("", 2, "-zoo, -run or -model is required"),
    ],
)
def test_mistakes_are_errors(line: str, code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jacobian", *line.split()]) == code
    assert message in capsys.readouterr().err
