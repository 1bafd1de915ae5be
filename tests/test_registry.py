"""Registries: lazy imports by the naming rule, conflicts, unknown names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.errors import LayerzooError
from layerzoo.registry import Registry, UnknownNameError

FIRST = """
from registry_for_test import THINGS

class SoftmaxWithLoss: pass

THINGS.register("SoftmaxWithLoss", SoftmaxWithLoss)
THINGS.register("Softplus", type("Softplus", (), {}))
"""
SECOND = """
from registry_for_test import THINGS

THINGS.register("ReLU", type("ReLU", (), {}))
"""


@pytest.fixture
def things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry[object]]:
    """The registry of a package of two modules, none of them imported yet."""
    package = tmp_path / "registry_for_test"
    package.mkdir()
    package.joinpath("__init__.py").write_text(
        "from layerzoo.registry import Registry\n"
        "THINGS = Registry('kind of thing', 'registry_for_test.things')\n"
    )
    things = package / "things"
    things.mkdir()
    things.joinpath("__init__.py").write_text("")
    things.joinpath("softmax_with_loss.py").write_text(FIRST)
    things.joinpath("relu.py").write_text(SECOND)
    monkeypatch.syspath_prepend(tmp_path)
    import registry_for_test  # type: ignore[import-not-found]

    yield registry_for_test.THINGS
    for name in [name for name in sys.modules if name.startswith("registry_for_test")]:
        del sys.modules[name]


def imported() -> list[str]:
    prefix = "registry_for_test.things."
    return sorted(name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix))


def test_registry_imports_the_module_of_a_name_on_demand(things: Registry[object]) -> None:
    assert imported() == []
    assert things["SoftmaxWithLoss"].__module__ == "registry_for_test.things.softmax_with_loss"
    assert imported() == ["softmax_with_loss"]
    assert things["ReLU"] is things["ReLU"]


def test_registry_finds_a_name_without_a_module_of_its_own_after_an_import(things: Registry[object]) -> None:
    assert "Softplus" not in things._known
    assert list(things) == ["ReLU", "SoftmaxWithLoss", "Softplus"]
    assert things["Softplus"].__name__ == "Softplus"


def test_registry_iterates_over_all_names_in_order(things: Registry[object]) -> None:
    assert list(things) == ["ReLU", "SoftmaxWithLoss", "Softplus"]
    assert imported() == ["relu", "softmax_with_loss"]


def test_registry_contains_registered_names_only(things: Registry[object]) -> None:
    assert "ReLU" in things
    assert "Relu" not in things, "names are case-sensitive, though modules are not"
    assert "Nothing" not in things


def test_unknown_name_has_similar_names(things: Registry[object]) -> None:
    with pytest.raises(UnknownNameError) as raised:
        things["SoftmaxWithLos"]
    error = raised.value
    assert (error.kind, error.name) == ("kind of thing", "SoftmaxWithLos")
    assert error.near[0] == "SoftmaxWithLoss"
    assert str(error).startswith("unknown kind of thing 'SoftmaxWithLos'; did you mean 'SoftmaxWithLoss'")
    assert isinstance(error, KeyError)
    assert isinstance(error, LayerzooError)
    assert error.exit_code == 2


def test_unknown_name_without_similar_names_has_no_hint(things: Registry[object]) -> None:
    with pytest.raises(UnknownNameError) as raised:
        things["Zzz"]
    assert str(raised.value) == "unknown kind of thing 'Zzz'"
    assert raised.value.near == []


def test_register_refuses_the_name_of_another_class(things: Registry[object]) -> None:
    class Mine:
        pass

    assert things.register("Mine", Mine) is Mine
    other = type("Other", (), {"__module__": __name__})
    with pytest.raises(LayerzooError, match=r"kind of thing 'Mine' is already registered by .*Mine; give"):
        things.register("Mine", other)
    assert things["Mine"] is Mine


def test_register_refuses_a_name_of_the_package_that_is_not_imported_yet(things: Registry[object]) -> None:
    with pytest.raises(LayerzooError, match=r"'ReLU' is already registered by registry_for_test.things.relu"):
        things.register("ReLU", type("ReLU", (), {"__module__": __name__}))


def test_register_replaces_a_class_of_the_same_module_and_name(things: Registry[object]) -> None:
    first = type("Again", (), {"__module__": __name__})
    second = type("Again", (), {"__module__": __name__})
    things.register("Again", first)
    things.register("Again", second)
    assert things["Again"] is second
