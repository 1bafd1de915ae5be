"""Scripts that check the Python interface; each exits with 0 if its checks pass."""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "data" / "python_interface"
SHARED = "common_net"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != SHARED)


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_exits_with_0(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, SHARED, raising=False)
    monkeypatch.chdir(FOLDER)  # scripts change the folder; monkeypatch restores it
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(os.fspath(FOLDER / f"{name}.py"), run_name="__main__")
    sys.modules.pop(SHARED, None)
    assert not ended.value.code


def test_scripts_are_complete() -> None:
    assert len(SCRIPTS) == 8
