"""The size of files and classes, and a test file for each module, as CONTRIBUTING.md asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 400
MAX_ATTRIBUTES = 15


def sources(*folders: str) -> list[Path]:
    files = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted({path.resolve() for path in files if "generated" not in path.parts})


def attributes(cls: ast.ClassDef) -> set[str]:
    """Names that a class's own methods assign to ``self``, and its annotated fields."""
    found = {
        node.attr
        for node in ast.walk(cls)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    fields = (
        node for node in cls.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    )
    return found | {
        field.target.id  # type: ignore[union-attr]
        for field in fields
        if "ClassVar" not in ast.unparse(field.annotation)
    }


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for path in sources("layerzoo", "cli"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield f"{path.relative_to(ROOT)}: {node.name}", node


def test_no_file_is_longer_than_the_limit() -> None:
    files = sources("layerzoo", "cli", "tests", "benchmarks", "examples")
    assert len(files) > 500
    counts = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in files}
    assert {name: count for name, count in counts.items() if count > MAX_LINES} == {}


def modules() -> list[Path]:
    """The modules that have a test file of their own, relative to the repository."""
    files = (path.relative_to(ROOT) for path in sources("layerzoo", "cli"))
    return [path for path in files if not path.name.startswith("__")]


def mirrored(module: Path) -> Path:
    """The test file of a module: ``layerzoo/a/b.py`` has ``tests/a/test_b.py``, so has ``cli``.

    A leading underscore is left out.
    """
    folder = module.parent if module.parts[0] == "cli" else module.parent.relative_to("layerzoo")
    return Path("tests") / folder / f"test_{module.stem.lstrip('_')}.py"


def test_every_module_has_its_test_file() -> None:
    found = modules()
    assert len(found) > 300
    assert [str(module) for module in found if not (ROOT / mirrored(module)).is_file()] == []


def test_no_class_has_more_attributes_than_the_limit() -> None:
    counts = {name: len(attributes(cls)) for name, cls in classes()}
    assert len(counts) > 300
    assert {name: count for name, count in counts.items() if count > MAX_ATTRIBUTES} == {}


def test_attributes_counts_fields_and_assignments() -> None:
    text = (
        "class A:\n x: int\n y: ClassVar[int]\n def f(self):\n  self.z, self.w = 1, 2\n  other.v = self.u\n"
    )
    (cls,) = ast.parse(text).body
    assert isinstance(cls, ast.ClassDef)
    assert attributes(cls) == {"x", "z", "w"}


@pytest.mark.parametrize("folder", ["layerzoo", "cli", "tests"])
def test_sources_finds_files(folder: str) -> None:
    assert sources(folder)
