"""Listing, explaining and completing don't import torch; check and summary don't import its compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = """
import contextlib, io, json, os, sys
from layerzoo.cli.main import main

results = []
for environ, args in json.loads(sys.argv[1]):
    os.environ.update(environ)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(args)
    for name in environ:
        del os.environ[name]
    heavy = [name for name in ("torch", "torch._dynamo") if name in sys.modules]
    results.append((code, heavy, out.getvalue()))
json.dump(results, sys.stdout)
"""


def run(
    folder: Path, *lines: list[str], environ: dict[str, str] | None = None
) -> list[tuple[int, list[str], str]]:
    """Run command lines in a new process: exit code, what has been imported by then, stdout."""
    asked = json.dumps([[environ or {}, line] for line in lines])
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, asked], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return [tuple(result) for result in json.loads(done.stdout)]


def test_lists_and_explanations_do_without_torch(tmp_path: Path) -> None:
    lines = [["list", kind] for kind in ("layers", "solvers", "policies", "fillers", "datasets", "configs")]
    names = ("Convolution", "Adam", "step", "xavier", "digits", "kernel_size", "SolverParameter.base_lr")
    lines += [["explain", name] for name in names]
    results = run(tmp_path, *lines, ["list", "layers", "-json"], ["explain", "Convolutoin"])
    assert [(code, heavy) for code, heavy, _ in results] == [(0, [])] * (len(lines) + 1) + [(2, [])]
    assert "Convolution" in results[0][2]
    assert results[6][2].startswith("Convolution: layer type (vision, BVLC)")


def test_zoo_and_runs_do_without_torch(tmp_path: Path) -> None:
    folder = tmp_path / "lenet.run"
    folder.mkdir()
    (folder / "solver.prototxt").write_text('net: "net.prototxt" base_lr: 0.1 max_iter: 10\n')
    (folder / "metrics.jsonl").write_text('{"iteration": 0, "loss": 2.5, "lr": 0.1}\n')
    lines = [["zoo", "ls"], ["zoo", "info", "lenet-digits"], ["runs", "ls"], ["runs", "show", "lenet.run"]]
    results = run(tmp_path, *lines, environ={"LAYERZOO_HOME": str(tmp_path / "home")})
    assert [(code, heavy) for code, heavy, _ in results] == [(0, [])] * len(lines)
    assert "lenet-digits@" in results[0][2]
    assert "lenet" in results[2][2]


def test_completion_does_without_torch(tmp_path: Path) -> None:
    for words, candidate in {
        "layerzoo tr": "plain,train",
        "layerzoo train -so": "plain,-solver",
        "layerzoo explain Convol": "plain,Convolution",
        "layerzoo zoo info lenet-d": "plain,lenet-digits",
    }.items():
        environ = {
            "_LAYERZOO_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        ((code, heavy, out),) = run(tmp_path, [], environ=environ)
        assert (code, heavy) == (0, [])
        assert candidate in out.splitlines()


def test_check_and_summary_do_without_torchs_compiler(tmp_path: Path) -> None:
    net = str(ROOT / "configs" / "lenet_train_test.yaml")
    solver = str(ROOT / "configs" / "lenet_solver.yaml")
    lines = [["check", "-model", net], ["summary", "-model", net], ["check", "-solver", solver]]
    results = run(tmp_path, *lines)
    assert [(code, heavy) for code, heavy, _ in results] == [(0, ["torch"])] * len(lines)


def test_layers_of_ones_own_are_listed_and_explained(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from layerzoo import Layer, register\n\n@register\nclass Square(Layer):\n"
        '    """The square of its bottom."""\n\n'
        "    def forward(self, x):\n        return x * x\n"
    )
    lines = [["list", "layers", "-allow_python", "mine"], ["explain", "Square"]]
    results = run(tmp_path, *lines)
    assert [(code, heavy) for code, heavy, _ in results] == [(0, ["torch"])] * len(lines)
    assert "The square of its bottom" in results[0][2]
    assert results[1][2].startswith("Square: layer type")
