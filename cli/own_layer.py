"""``check -layer``: test a layer class of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerzoo.contract.example import Example
    from layerzoo.layer import Layer

_WIDTH = 18


def check_layer(path: str, model: str | None, overrides: Sequence[str]) -> int:
    """Test a class against the contract of layers and print the results; return the exit code.

    Args:
        path: module and class, such as ``my_layers.Square``.
        model: a net with layers of the class, which gives the shapes to test.
        overrides: changes to the net's fields.

    Raises:
        UsageError: the class doesn't exist or is not a layer.
    """
    from layerzoo.contract.verdicts import verdicts
    from layerzoo.user_code import where

    cls, examples = _class_and_examples(path, model, overrides)
    click.echo(f"{where(cls)}: {cls.__name__}, on bottoms {examples[0].shapes}")
    failed = 0
    for verdict in verdicts(examples):
        if not verdict.faults:
            click.echo(f"  {verdict.promise:<{_WIDTH}}ok")
            continue
        failed += 1
        first, *more = verdict.faults
        click.echo(f"  {verdict.promise:<{_WIDTH}}WRONG: {first}")
        for line in more:
            click.echo(f"  {'':<{_WIDTH}}{line}")
    if failed:
        click.echo(f"error: {failed} test{'' if failed == 1 else 's'} failed", err=True)
    return 1 if failed else 0


def _class_and_examples(path: str, model: str | None, overrides: Sequence[str]) -> tuple[type, list[Example]]:
    from layerzoo.contract.example import example_of
    from layerzoo.errors import UsageError
    from layerzoo.host import PythonLayer, TorchLayer, find_class
    from layerzoo.layer import LAYERS, Layer
    from layerzoo.pycaffe.user_modules import allow_user_modules

    module, _, name = path.rpartition(".")
    if not module:
        raise UsageError(f"-layer {path}: expected MODULE.CLASS, such as my_layers.Square")
    allow_user_modules([module])
    cls = find_class(module, name)
    if issubclass(cls, TorchLayer | PythonLayer):
        kind: type[Layer] = LAYERS["Python"]
        own_param = f'python_param {{ module: "{module}" layer: "{name}" }}'
        if issubclass(cls, PythonLayer):
            raise UsageError(f"{path} computes on numpy arrays; only layers over tensors can be tested")
    elif not issubclass(cls, Layer):
        raise UsageError(f"{path} is not a layer; derive it from layerzoo.Layer")
    elif cls.__name__ not in LAYERS or LAYERS[cls.__name__] is not cls:
        raise UsageError(f"{path} is not registered; write @layerzoo.register above it")
    else:
        kind, own_param = cls, ""
    if model is None:
        return cls, [example_of(kind, own_param)]
    return cls, _examples_in(model, overrides, kind, cls)


def _examples_in(model: str, overrides: Sequence[str], kind: type[Layer], cls: type) -> list[Example]:
    """An example for each layer of a class in a net, with its shapes there."""
    from layerzoo.contract.example import Example, distinct
    from layerzoo.errors import UsageError
    from layerzoo.loader import load_net
    from layerzoo.net import graph_of
    from layerzoo.schema import TRAIN, NetState

    graph = graph_of(load_net(model, overrides), NetState(phase=TRAIN))
    examples = [
        Example(
            f"{model}, layer '{spec.name}'", spec.param, [distinct(s) for s in graph.shapes(spec.own_bottoms)]
        )
        for spec in graph.layers
        if spec.kind is kind and (kind is cls or spec.param.python_param.layer == cls.__name__)
    ]
    if not examples:
        raise UsageError(f"{model} has no layer of {cls.__name__}")
    return examples
