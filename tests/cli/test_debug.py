from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NET = """layer { name: 'data' type: 'Input' top: 'x' input_param { shape { dim: 2 } } }
layer { name: 'double' type: 'Power' bottom: 'x' top: 'y' power_param { scale: 2 } }
layer { name: 'root' type: 'Power' bottom: 'y' top: 'z' power_param { power: 0.5 } }
force_backward: true"""


def _debug(folder: Path, typed: str, *args: str) -> subprocess.CompletedProcess[str]:
    (folder / "net.prototxt").write_text(NET)
    command = [sys.executable, "-m", "layerzoo", "debug", "-model", "net.prototxt", *args]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, input=typed, cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_steps_print_blobs_and_gradients(tmp_path: Path) -> None:
    typed = ["net.blobs['x'].data[...] = (8, -1)", "step(2)", "step()", "show('z')"]
    typed += ["net.blobs['z'].diff[...] = 1", "back()", ""]
    done = _debug(tmp_path, "\n".join(typed))
    assert done.returncode == 0, done.stderr
    assert "1 double (Power) forward\n    y 2  min -2  mean 7  max 16\n" in done.stdout
    assert "z 2  min 4  mean 4  max 4  NOT FINITE: 1" in done.stdout
    assert "2 root (Power) backward\n    y 2  min 0.125" in done.stdout


def test_missing_net_is_an_error(tmp_path: Path) -> None:
    done = _debug(tmp_path, "", "-model", "gone.prototxt")
    assert done.returncode == 2
    assert "error: no file 'gone.prototxt'" in done.stderr


def test_shipped_config_and_weights_of_the_zoo_are_loaded(tmp_path: Path) -> None:
    args = ["-model", "configs/lenet_train_test.yaml", "-weights", "zoo:lenet-digits"]
    done = _debug(tmp_path, "net.params['conv1'][0].data.shape\n", *args)
    assert done.returncode == 0, done.stderr
    assert "(20, 1, 5, 5)" in done.stdout
    gone = _debug(tmp_path, "", "-weights", "gone.caffemodel")
    assert (gone.returncode, gone.stderr) == (2, "error: Could not open file gone.caffemodel\n")


def test_set_changes_a_field(tmp_path: Path) -> None:
    typed = ["net.blobs['x'].data[...] = 3", "run()", "print('y', net.blobs['y'].data.tolist())", ""]
    done = _debug(tmp_path, "\n".join(typed), "-set", "layer[double].power_param.scale=5")
    assert "y [15.0, 15.0]" in done.stdout, done.stderr
