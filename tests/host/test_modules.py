from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerzoo.errors import LayerFault
from layerzoo.host import allow_modules, any_module, find_class, modules, users_code


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "of_a_user.py").write_text("class A: pass\nB = 3\n")
    (tmp_path / "needs_more.py").write_text("import a_module_that_is_nowhere\n")
    (tmp_path / "of_old.py").write_text("class A:\n    print 'no function yet'\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(modules, "_allowed", set())
    monkeypatch.delitem(sys.modules, "of_a_user", raising=False)


def test_find_class_imports_only_allowed_modules() -> None:
    with pytest.raises(LayerFault) as caught:
        find_class("of_a_user", "A")
    assert caught.value.field == "python_param.module"
    assert caught.value.hint is not None
    assert "-allow_python of_a_user" in caught.value.hint
    assert "of_a_user" not in sys.modules
    allow_modules(["of_a_user"])
    assert find_class("of_a_user", "A").__name__ == "A"


def test_any_module_ends_with_its_block() -> None:
    with any_module():
        assert find_class("of_a_user", "A")
        with any_module():
            pass
        assert find_class("of_a_user", "A")
    with pytest.raises(LayerFault):
        find_class("of_a_user", "A")


def test_find_class_refuses_a_member_that_is_not_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    with any_module(), pytest.raises(LayerFault, match="no class 'B'"):
        find_class("of_a_user", "B")


def test_find_class_passes_on_import_errors_of_the_module() -> None:
    with any_module(), pytest.raises(ModuleNotFoundError, match="a_module_that_is_nowhere") as caught:
        find_class("needs_more", "A")
    assert caught.value.__notes__ == ["in module 'needs_more', which a Python layer names"]
    assert caught.value.users_traceback.tb_frame.f_globals["__name__"] == "needs_more"  # type: ignore[attr-defined]  # marked


def test_find_class_advises_on_python_2() -> None:
    with any_module(), pytest.raises(SyntaxError) as caught:
        find_class("of_old", "A")
    assert caught.value.__notes__[0] == "if it is Python 2, convert it first, e.g. with 2to3"
    assert caught.value.users_traceback is None  # type: ignore[attr-defined]  # marked


def test_users_code_marks_only_errors_of_the_user_and_once() -> None:
    with pytest.raises(KeyError) as caught, users_code("outer"), users_code("inner"):
        raise KeyError("of the user")
    assert caught.value.__notes__ == ["inner"]
    assert caught.value.users_traceback.tb_frame.f_globals["__name__"] == __name__  # type: ignore[attr-defined]  # marked
    with pytest.raises(LayerFault) as fault, users_code("not added"):
        raise LayerFault("of Layerzoo's own")
    assert not hasattr(fault.value, "users_traceback")
