import pytest

from layerzoo.errors import ConfigError, UsageError
from layerzoo.tools.draw_net import main

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 4 dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 3 }
  convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "test_only" type: "Softmax" bottom: "conv" top: "prob" include { phase: TEST } }
"""


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)


def test_drawing_follows_the_arguments(tmp_path, capsys):
    assert main(["net.prototxt", "all.dot"]) == 0
    text = (tmp_path / "all.dot").read_text()
    assert "rankdir=LR" in text
    assert "test_only" in text
    assert "lr mult" not in text
    assert main(["net.prototxt", "train.dot", "--rankdir", "TB", "--phase", "TRAIN", "--display_lrm"]) == 0
    text = (tmp_path / "train.dot").read_text()
    assert "rankdir=TB" in text
    assert "test_only" not in text
    assert "lr mult: 3" in text
    assert "Drawing only TRAIN phase layers." in capsys.readouterr().out


def test_old_formats_are_drawn(tmp_path):
    (tmp_path / "old.prototxt").write_text('layers { name: "r" type: RELU bottom: "x" top: "y" }')
    assert main(["old.prototxt", "old.dot"]) == 0
    assert "(ReLU)" in (tmp_path / "old.dot").read_text()


def test_usage_errors():
    with pytest.raises(ConfigError, match="no file 'none"):
        main(["none.prototxt", "x.png"])
    with pytest.raises(SystemExit):
        main(["net.prototxt", "x.png", "--phase", "NEVER"])


def test_unknown_picture_suffix_is_refused(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UsageError, match=r"'x\.nothing' can't be drawn: expected a name ending in \.png"):
        main(["net.prototxt", "x.nothing"])
