from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import layerzoo.pycaffe
from layerzoo.host import modules
from layerzoo.pycaffe import alias
from layerzoo.pycaffe.user_modules import allow_user_modules


@pytest.fixture(autouse=True)
def _without(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "caffe"}
    for name in before:
        del sys.modules[name]
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe"]:
        del sys.modules[name]
    sys.modules.update(before)


def test_modules_are_the_same_ones() -> None:
    alias.install()
    assert sys.modules["caffe"] is layerzoo.pycaffe
    for name in ("io", "net_spec", "proto.caffe_pb2", "classifier", "coord_map", "draw", "pycaffe", "_caffe"):
        ours = importlib.import_module(f"layerzoo.pycaffe.{name}")
        assert importlib.import_module(f"caffe.{name}") is ours
    assert "caffe.__main__" not in sys.modules


def test_a_real_caffe_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "caffe", pytest)
    alias.offer()
    assert sys.modules["caffe"] is pytest


def test_modules_that_the_user_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text("import caffe")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules, "_allowed", set())
    monkeypatch.setattr(sys, "path", [*sys.path, "elsewhere"])
    first, count = sys.path[0], len(sys.path)
    allow_user_modules(["one", "two"])
    assert modules._allowed == {"one", "two"}
    assert sys.modules["caffe"] is layerzoo.pycaffe
    assert sys.path[0] == first
    assert sys.path[count:] == [str(tmp_path)]
    assert sys.modules.pop("one").caffe is sys.modules.pop("two").caffe is layerzoo.pycaffe
