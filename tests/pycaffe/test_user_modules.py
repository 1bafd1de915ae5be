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


def test_allow_user_modules_takes_a_file(tmp_path: Path) -> None:
    nets = tmp_path / "nets"
    nets.mkdir()
    (nets / "three_of_a_net.py").write_text("value = 3")
    count = len(sys.path)
    allow_user_modules(["nets/three_of_a_net.py"])
    assert modules._allowed == {"three_of_a_net"}
    assert sys.modules.pop("three_of_a_net").value == 3
    assert sys.path[count:] == [str(tmp_path), str(nets)]
    allow_user_modules([str(nets / "three_of_a_net.py")])
    assert sys.path[count:] == [str(tmp_path), str(nets)]
    del sys.modules["three_of_a_net"]


def test_allow_user_modules_refuses_a_file_that_is_not_the_module_of_its_name(tmp_path: Path) -> None:
    nets = tmp_path / "nets"
    nets.mkdir()
    for name in ("wave", "one", "my-layers", "sys"):
        (nets / f"{name}.py").write_text("raise SystemExit('imported')")
    with pytest.raises(UsageError, match=r"module wave is .*wave\.py; rename the file"):
        allow_user_modules(["nets/wave.py"])
    with pytest.raises(UsageError, match=r"module sys is .*; rename the file"):
        allow_user_modules(["nets/sys.py"])
    with pytest.raises(UsageError, match=r"module one is .*one\.py; rename the file"):
        allow_user_modules(["nets/one.py"])
    with pytest.raises(UsageError, match="my-layers can't be the name of a module"):
        allow_user_modules(["nets/my-layers.py"])
    with pytest.raises(UsageError, match=r"nets/two\.py: there is no such file"):
        allow_user_modules(["nets/two.py"])
    assert modules._allowed == set()
