from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.migration.opencv import run_opencv

STAND_IN = """
import numpy as np
__version__ = "4.99"
class error(Exception): pass
class Net:
    def setInput(self, blob, name): self.x = blob
    def forward(self, names): return [self.x * float(open(self.path).read()) for _ in names]
class dnn:
    def readNetFromONNX(path):
        if "bad" in path: raise error("(-210) no\\n  such node")
        net = Net(); net.path = path; return net
    def readNetFromCaffe(config, weights): return dnn.readNetFromONNX(weights)
"""


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python with a stand-in for OpenCV, whose nets multiply their input by the number in a file."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/cv2.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    return Path(sys.executable)


def test_run_opencv_compares_outputs(python: Path, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_text("2.5")
    x = torch.tensor([[1.0, 4.0]])
    line = run_opencv(python, [tmp_path / "net.onnx"], {"a/b": x}, {"y": 2 * x})
    assert line == "OpenCV 4.99: largest difference 0.2 of the largest value"
    files = [tmp_path / "net.prototxt", tmp_path / "net.onnx"]
    assert run_opencv(python, files, {"x": x}, {"y": 2.5 * x}).endswith("difference 0 of the largest value")
    shape = run_opencv(python, files, {"x": x}, {"y": torch.ones(3)})
    assert shape == "OpenCV 4.99: output 'y' has shape (1, 2), expected (3,)"


def test_run_opencv_gives_opencvs_reason(python: Path, tmp_path: Path) -> None:
    line = run_opencv(python, [tmp_path / "bad.onnx"], {"x": torch.ones(1)}, {"y": torch.ones(1)})
    assert line == "OpenCV 4.99 can't run it: (-210) no such node"


def test_run_opencv_without_opencv_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"x": torch.ones(1)}
    with pytest.raises(UsageError, match="can't be started"):
        run_opencv(tmp_path / "none", [tmp_path / "n.onnx"], one, one)
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'cv2'\" >&2\nexit 1\n")
    script.chmod(0o755)
    with pytest.raises(UsageError, match="opencv-python-headless<5"):
        run_opencv(script, [tmp_path / "n.onnx"], one, one)
