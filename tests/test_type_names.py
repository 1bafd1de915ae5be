"""No source outside of the layers knows a layer type by its name: the type states facts instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import layerzoo
from layerzoo.layer import LAYERS

ROOT = Path(layerzoo.__file__).parent
TYPES = frozenset(name for name in LAYERS if LAYERS[name].__module__.startswith("layerzoo.layers."))
OUTSIDE = ("layers", "legacy", "generated", "projects")
"""Where names belong: the layers themselves; old formats, whose names are turned into today's; nets that
`layerzoo new` writes as text."""

ALLOWED = {
    "data/transform/steps/sample.py": ({"Sample"}, "the name of a stream of the transform step Sample"),
    "graph/splits.py": ({"Split"}, "Caffe's implicit splits are layers of this type"),
    "migration/importer.py": ({"Input"}, "a model's inputs become layers of this type"),
    "migration/onnx_layers.py": (None, "kinds of ONNX nodes, some of which are called like layer types"),
    "migration/onnx_model.py": (None, "kinds of ONNX nodes, some of which are called like layer types"),
    "runs/run.py": ({"Accuracy"}, "runs are read without torch, so without layer classes"),
    "pycaffe/coord_map.py": (None, "Caffe's coord_map, whose table of types is its interface"),
    "pycaffe/draw.py": (None, "Caffe's draw, whose colours and labels by type are its interface"),
    "pycaffe/net.py": (
        {"layerzoo.layers.memory_data"},
        "set_input_arrays is of MemoryData alone, in Caffe too",
    ),
    "studio/pages/rendering.py": ({"Data"}, "a word of the menu"),
    "studio/training/fields.py": ({"Power"}, "the label of a solver's field"),
}
"""Names (None: any) that a file may compare with or look up, and why."""


def test_names_of_types_stand_only_where_they_are_allowed() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if file.split("/")[0] not in OUTSIDE:
            names = set(names_in(ast.parse(path.read_text())))
            if names:
                found[file] = names
    assert len(found) >= 3
    unknown = {
        file: sorted(names - (ALLOWED[file][0] or names) if file in ALLOWED else names)
        for file, names in found.items()
    }
    unknown = {file: names for file, names in unknown.items() if names}
    assert not unknown, f"let the layer type state a fact (layerzoo/layer_facts.py) instead: {unknown}"
    stale = {
        file for file, (names, _) in ALLOWED.items() if not (names or {""}) <= found.get(file, set()) | {""}
    }
    assert not stale, f"these are no longer needed: {stale}"


def names_in(tree: ast.Module) -> Iterator[str]:
    """Types that a source compares with, looks up, collects or imports; not those it gives to a layer."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from strings(node.left, *node.comparators)
        elif isinstance(node, ast.Dict):
            yield from strings(*filter(None, node.keys))
        elif isinstance(node, ast.Set | ast.Tuple | ast.List):
            yield from strings(*node.elts)
        elif isinstance(node, ast.Subscript):
            yield from strings(node.slice)
        elif isinstance(node, ast.MatchValue):
            yield from strings(node.value)
        elif isinstance(node, ast.Call):
            yield from strings(*(argument for argument in node.args if not is_other_text(node)))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module.startswith("layerzoo.layers."):
                yield module
            elif module == "layerzoo.layers":
                yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("layerzoo.layers."))


def strings(*nodes: ast.AST) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and node.value in TYPES:
            yield str(node.value)


def is_other_text(node: ast.Call) -> bool:
    """``@gflags.command("Data")`` gives a heading of the help, ``endswith("Parameter")`` tests messages."""
    other = {"command", "group", "endswith", "removesuffix"}
    return isinstance(node.func, ast.Attribute) and node.func.attr in other


def test_names_in_finds_each_way_to_know_a_type() -> None:
    source = """
if kind == "ReLU" or kind in {"Power"} or kind in ("Exp", "Log"): pass
TABLE = {"Softmax": 1}
LAYERS["Pooling"]
writes("Slice")
match kind:
    case "Concat": pass
from layerzoo.layers.python import Python
import layerzoo.layers.crop
made = LayerParameter(type="Input")
"""
    assert set(names_in(ast.parse(source))) == {
        "ReLU", "Power", "Exp", "Log", "Softmax", "Pooling", "Slice", "Concat",
        "layerzoo.layers.python", "layerzoo.layers.crop",
    }  # fmt: skip
