from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import layerzoo.pycaffe
from layerzoo.pycaffe import alias


@pytest.fixture(autouse=True)
def _without(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "caffe"}
    for name in before:
        del sys.modules[name]
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe"]:
        del sys.modules[name]
    sys.modules.update(before)


def test_install_registers_the_same_modules() -> None:
    alias.install()
    assert sys.modules["caffe"] is layerzoo.pycaffe
    for name in ("io", "net_spec", "proto.caffe_pb2", "classifier", "coord_map", "draw", "pycaffe", "_caffe"):
        ours = importlib.import_module(f"layerzoo.pycaffe.{name}")
        assert importlib.import_module(f"caffe.{name}") is ours
    assert "caffe.__main__" not in sys.modules


def test_install_if_missing_keeps_a_real_caffe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "caffe", pytest)
    alias.install_if_missing()
    assert sys.modules["caffe"] is pytest


def test_install_if_missing_installs_without_a_caffe() -> None:
    alias.install_if_missing()
    assert sys.modules["caffe"] is layerzoo.pycaffe


def test_install_in_children_sets_the_module_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["script's folder", "libraries"])
    monkeypatch.setenv("PYTHONPATH", "before")
    methods: list[str] = []
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none: None)
    monkeypatch.setattr(multiprocessing, "set_start_method", methods.append)
    monkeypatch.setattr(sys, "platform", "linux")
    alias.install_in_children()
    assert [sys.path[0], sys.path[2]] == ["script's folder", "libraries"]
    assert (Path(sys.path[1]) / "caffe.py").is_file()
    assert os.environ["PYTHONPATH"] == os.pathsep.join([sys.path[1], "before"])
    assert methods == ["fork"]
