"""The table of mutants holds, and `scripts/mutate` tells those that are killed from those that survive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "mutate"

ENTRY = """
[[mutant]]
name = "{name}"
file = "code.py"
old = "{old}"
new = "{new}"
tests = ["tests/test_code.py"]
why = "so it is"
"""


@pytest.fixture(scope="module")
def mutate() -> ModuleType:
    """The script as a module; nothing is compiled beside it."""
    loader = SourceFileLoader("mutate", str(SCRIPT))
    loader.set_data = lambda *_, **__: None  # type: ignore[method-assign]
    spec = spec_from_loader("mutate", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["mutate"] = module
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small project with the script."""
    for folder in ("scripts", "tests"):
        (tmp_path / folder).mkdir()
    shutil.copy2(SCRIPT, tmp_path / "scripts")
    (tmp_path / "code.py").write_text("def larger(a, b):\n    return a if a > b else b\n")
    (tmp_path / "tests" / "test_code.py").write_text(
        "from code import larger\n\n\ndef test_larger():\n    assert (larger(1, 2), larger(2, 1)) == (2, 2)\n"
    )
    (tmp_path / "conftest.py").touch()
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def run(checkout: Path, *mutants: tuple[str, str, str]) -> tuple[int, str]:
    """Exit status and output of the script with a table of (name, old, new)."""
    entries = [ENTRY.format(name=name, old=old, new=new) for name, old, new in mutants]
    (checkout / "tests" / "mutants.toml").write_text("".join(entries))
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(
        [sys.executable, checkout / "scripts" / "mutate", "-n", "2"],
        env=environ | {"TMPDIR": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_each_mutant_changes_one_place_and_names_tests_that_are_there(mutate: ModuleType) -> None:
    mutants = mutate.read_table(ROOT / mutate.TABLE)
    assert len(mutants) >= 60
    for mutant in mutants:
        assert mutant.applied(ROOT) != (ROOT / mutant.file).read_text(encoding="utf-8")
        compile(mutant.applied(ROOT), mutant.file, "exec")
        for test in mutant.tests:
            assert (ROOT / test).is_file(), f"mutant {mutant.name}: there is no {test}"


def test_script_tells_killed_mutants_from_those_that_survive(checkout: Path) -> None:
    before = {path: path.read_bytes() for path in checkout.rglob("*.py")}
    code, said = run(checkout, ("sign", "a > b", "a < b"), ("equal", "a > b", "a >= b"))
    assert code == 1
    assert "killed   sign" in said
    assert "tests/test_code.py::test_larger" in said
    assert "SURVIVED equal" in said
    assert "2 mutants: 1 killed, 1 survived" in said
    assert {path: path.read_bytes() for path in checkout.rglob("*.py")} == before, "and no copy is left"
    assert run(checkout, ("sign", "a > b", "a < b"))[0] == 0


def test_script_refuses_tests_that_fail_without_a_mutant(checkout: Path) -> None:
    (checkout / "code.py").write_text("def larger(a, b):\n    return a if a < b else b\n")
    code, said = run(checkout, ("sign", "a < b", "a > b"))
    assert code == 2
    assert "without a mutant the tests failed" in said


@pytest.mark.parametrize(
    ("mutants", "message"),
    [
        ([("gone", "a = b", "b")], "mutant gone: 'a = b' stands 0 times in code.py, not once"),
        ([("many", "a", "b")], "mutant many: 'a' stands 4 times in code.py, not once"),
        ([("same", "a > b", "a > b")], "mutant same: changes nothing"),
        ([("twice", "a > b", "a"), ("twice", "a > b", "b")], "mutant twice: another mutant has this name"),
    ],
)
def test_script_names_a_wrong_mutant(
    checkout: Path, mutants: list[tuple[str, str, str]], message: str
) -> None:
    code, said = run(checkout, *mutants)
    assert code == 2
    assert message in said
