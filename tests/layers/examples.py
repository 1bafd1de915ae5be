"""Examples of each registered layer type, for the tests over all types.

They are the layers of that type in the recorded cases, and in the type's own test module ``EXAMPLE`` (a net
as prototxt) or ``example(folder)`` (the same, after writing the files that it needs). ``prepare(layer)`` of
that module is called with a layer before it runs. A type without examples fails.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import torch
from google.protobuf import text_format

from layerzoo.contract.example import Example, distinct, run
from layerzoo.layer import LAYERS, Layer
from layerzoo.schema import TRAIN, LayerParameter, NetParameter
from tests.conformance import NAMES, Recording

TYPES = [name for name in LAYERS if LAYERS[name].__module__.startswith("layerzoo.layers.")]

each_type = pytest.mark.parametrize("name", TYPES)
each_types_examples = pytest.mark.parametrize("examples", TYPES, indirect=True)


@cache
def recorded() -> dict[str, list[Example]]:
    """Examples from the recorded cases, by layer type."""
    by_type: dict[str, list[Example]] = {}
    for name in NAMES:
        case = Recording(name)
        params: dict[str, list[torch.Tensor]] = {}
        for layer, _, value in case.params("param"):
            params.setdefault(layer, []).append(value)
        for example in examples_in(
            case.net, f"recorded case {name}", case.phase == "TRAIN", case.all("in"), params
        ):
            by_type.setdefault(example.param.type, []).append(example)
    return by_type


def examples_in(
    net: NetParameter,
    source: str,
    train: bool = True,
    blobs: dict[str, torch.Tensor] | None = None,
    params: dict[str, list[torch.Tensor]] | None = None,
    module: ModuleType | None = None,
) -> Iterator[Example]:
    """Each layer of a net, with bottoms computed by the layers before it."""
    blobs = {} if blobs is None else blobs
    for param in net.layer:
        param.phase = TRAIN if train else 1
        example = Example(
            source,
            param,
            [blobs[b] for b in param.bottom],
            (params or {}).get(param.name),
            getattr(module, "prepare", None),
        )
        if param.type == "Input":
            shapes = LAYERS["Input"].top_shapes(param, [])
            for top, shape in zip(param.top, shapes, strict=True):
                blobs.setdefault(top, distinct(shape))
            example.bottoms = [blobs[top] for top in param.top]
            example.param = LayerParameter()
            example.param.CopyFrom(param)
        yield example
        if param.type != "Input":
            tops = run(example.layer(), example.bottoms)
            blobs.update(zip(param.top, (top.detach() for top in tops), strict=True))


def own_test(kind: type[Layer]) -> Path:
    """The test module of a layer class."""
    return Path(__file__).parent / f"test_{kind.__module__.rpartition('.')[2]}.py"


def examples_of(name: str, folder: Path) -> list[Example]:
    """All examples of a layer type; files that they need are written to ``folder``."""
    path = own_test(LAYERS[name])
    module = importlib.import_module(f"tests.layers.{path.stem}") if path.exists() else None
    examples = list(recorded().get(name, ()))
    text = getattr(module, "EXAMPLE", None)
    if text is None and hasattr(module, "example"):
        text = module.example(folder)
    if text is not None:
        net = text_format.Parse(text, NetParameter())
        own = [
            example for example in examples_in(net, str(path), module=module) if example.param.type == name
        ]
        assert own, f"the example in {path} has no layer of type {name}"
        examples += own
    if not examples:
        pytest.fail(
            f"no example of {name}: give {path} an EXAMPLE, a net as prototxt with a layer of that type"
        )
    return examples
