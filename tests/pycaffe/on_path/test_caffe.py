from __future__ import annotations

import importlib
import sys

import pytest

import layerzoo.pycaffe
from layerzoo.pycaffe import alias, on_path


def test_caffe_replaces_itself_by_the_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(next(iter(on_path.__path__)))
    caffe = importlib.import_module("caffe")
    assert caffe is layerzoo.pycaffe
    assert importlib.import_module("caffe.proto.caffe_pb2") is caffe.proto.caffe_pb2
    alias.install()  # so that sys.modules is consistent after monkeypatch restores it
