"""Run a migrated net in OpenCV 4, in a Python of its own: OpenCV 5 no longer reads Caffe's files."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from layerzoo.errors import UsageError

_SECONDS: Final = 300

_SCRIPT: Final = """
import json, sys
import cv2, numpy as np
files, inputs, outputs, folder = json.loads(sys.argv[1])
given = np.load(folder + "/in.npz")
read = cv2.dnn.readNetFromONNX if len(files) == 1 else cv2.dnn.readNetFromCaffe
try:
    net = read(*files)
    for index, name in enumerate(inputs):
        net.setInput(given[f"arr_{index}"], name)
    np.savez(folder + "/out.npz", *net.forward(outputs))
    why = ""
except cv2.error as error:
    why = " ".join(str(error).split())
print(json.dumps([cv2.__version__, why]))
"""


def run_opencv(
    python: Path, files: Sequence[Path], inputs: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> str:
    """Run a net in OpenCV and compare its outputs.

    Args:
        python: an interpreter that has OpenCV.
        files: an ONNX file, or a config and weights.
        inputs: inputs by blob.
        expected: the right outputs by blob.

    Returns:
        the version of OpenCV, and the largest deviation relative to the largest value of its output, or why
        OpenCV can't run the net.

    Raises:
        UsageError: the interpreter can't be started, or has no OpenCV.
    """
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/in.npz", *(blob.numpy() for blob in inputs.values()))
        task = json.dumps([[str(path.resolve()) for path in files], list(inputs), list(expected), folder])
        try:
            ran = subprocess.run(
                [python, "-c", _SCRIPT, task], capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except OSError as error:
            raise UsageError(f"-opencv: {python} can't be started: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            return f"OpenCV took more than {_SECONDS} s"
        if "No module named" in ran.stderr:
            raise UsageError(
                f"-opencv: {python} has no OpenCV; install it there: pip install 'opencv-python-headless<5'"
            )
        try:
            version, why = json.loads(ran.stdout.strip().rpartition("\n")[2])
        except ValueError:
            return f"OpenCV ended with code {ran.returncode}"
        if why:
            return f"OpenCV {version} can't run it: {why}"
        with np.load(f"{folder}/out.npz") as results:
            found = [torch.from_numpy(results[f"arr_{index}"]) for index in range(len(expected))]
    return f"OpenCV {version}: {_agreement(expected, found)}"


def _agreement(expected: Mapping[str, Tensor], found: Sequence[Tensor]) -> str:
    worst = 0.0
    for (name, right), other in zip(expected.items(), found, strict=True):
        if right.numel() != other.numel():
            return f"output '{name}' has shape {tuple(other.shape)}, expected {tuple(right.shape)}"
        difference = (right.double().flatten() - other.double().flatten()).abs()
        if right.numel():
            worst = max(worst, float(difference.max() / right.double().abs().max().clamp_min(1e-12)))
    return f"largest difference {worst:.1g} of the largest value"
