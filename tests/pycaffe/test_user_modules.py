from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import layerzoo.pycaffe
from layerzoo.errors import UsageError
from layerzoo.host import modules
from layerzoo.pycaffe.user_modules import allow_user_modules


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A working folder with two modules, and the state of imports restored afterwards."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text("import caffe")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules, "_allowed", set())
    monkeypatch.setattr(sys, "path", [*sys.path, "elsewhere"])
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        if name.partition(".")[0] in ("caffe", "one", "two"):
            del sys.modules[name]


def test_allow_user_modules_imports_from_the_working_folder(tmp_path: Path) -> None:
    first, count = sys.path[0], len(sys.path)
    allow_user_modules(["one", "two"])
    assert modules._allowed == {"one", "two"}
    assert sys.modules["caffe"] is layerzoo.pycaffe
    assert sys.modules["one"].caffe is sys.modules["two"].caffe is layerzoo.pycaffe
    assert sys.path[0] == first
    assert sys.path[count:] == [str(tmp_path)]
    allow_user_modules(["one"])
    assert sys.path[count:] == [str(tmp_path)], "the folder is appended once"


def test_allow_user_modules_refuses_a_missing_module() -> None:
    with pytest.raises(UsageError, match="no module 'thre' in the working folder or on PYTHONPATH"):
        allow_user_modules(["thre"])
    with pytest.raises(UsageError, match="did you mean 'one'"):
        allow_user_modules(["onee"])


def test_allow_user_modules_keeps_libraries_before_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "wave.py").write_text("raise SystemExit('shadowed a library')")
    allow_user_modules(["wave"])
    assert Path(sys.modules["wave"].__file__ or "").parent != tmp_path
