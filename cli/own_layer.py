"""``check -layer``: what a layer class of the user's own promises, tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerzoo.contract.example import Example
    from layerzoo.layer import Layer

_WIDTH = 18


def check_layer(path: str, model: str | None, overrides: Sequence[str]) -> int:
    """Try a class on every promise and print what came of each; 1 where one is broken.

    Args:
        path: of the class, ``my_layers.Square``.
        model: a net with such layers, to try them in its shapes.
        overrides: of the net.

    Raises:
        UsageError: there is no such class, or it is no layer.
    """
    from layerzoo.contract.verdicts import verdicts
    from layerzoo.user_code import where

    cls, examples = _class_and_examples(path, model, overrides)
    click.echo(f"{where(cls)}: {cls.__name__}, on bottoms {examples[0].shapes}")
    broken = 0
    for verdict in verdicts(examples):
        if not verdict.faults:
            click.echo(f"  {verdict.promise:<{_WIDTH}}ok")
            continue
        broken += 1
        first, *more = verdict.faults
        click.echo(f"  {verdict.promise:<{_WIDTH}}WRONG: {first}")
        for line in more:
            click.echo(f"  {'':<{_WIDTH}}{line}")
    if broken:
        click.echo(f"error: {broken} of the promises {'is' if broken == 1 else 'are'} broken", err=True)
    return 1 if broken else 0


def _class_and_examples(path: str, model: str | None, overrides: Sequence[str]) -> tuple[type, list[Example]]:
    from layerzoo.contract.example import example_of
    from layerzoo.errors import UsageError
    from layerzoo.host import PythonLayer, TorchLayer, find_class
    from layerzoo.layer import LAYERS, Layer
    from layerzoo.pycaffe.user_modules import allow_user_modules

    module, _, name = path.rpartition(".")
    if not module:
        raise UsageError(f"-layer {path}: expected a module and a class in it, such as my_layers.Square")
    allow_user_modules([module])
    cls = find_class(module, name)
    if issubclass(cls, TorchLayer | PythonLayer):
        kind: type[Layer] = LAYERS["Python"]
        inside = f'python_param {{ module: "{module}" layer: "{name}" }}'
        if issubclass(cls, PythonLayer):
            raise UsageError(f"{path} computes on numpy arrays; only layers over tensors can be tried")
    elif not issubclass(cls, Layer):
        raise UsageError(f"{path} is no layer; derive it from layerzoo.Layer")
    elif cls.__name__ not in LAYERS or LAYERS[cls.__name__] is not cls:
        raise UsageError(f"{path} is not registered; write @layerzoo.register above it")
    else:
        kind, inside = cls, ""
    if model is None:
        return cls, [example_of(kind, inside)]
    return cls, _examples_in(model, overrides, kind, cls)


def _examples_in(model: str, overrides: Sequence[str], kind: type[Layer], cls: type) -> list[Example]:
    """The layers of a class in a net, in the shapes that they have there."""
    from layerzoo.contract.example import Example, distinct
    from layerzoo.errors import UsageError
    from layerzoo.loader import load_net
    from layerzoo.net import graph_of
    from layerzoo.schema import TRAIN, NetState

    graph = graph_of(load_net(model, overrides), NetState(phase=TRAIN))
    found = [
        Example(
            f"{model}, layer '{spec.name}'", spec.param, [distinct(s) for s in graph.shapes(spec.bottoms)]
        )
        for spec in graph.layers
        if spec.kind is kind and (kind is cls or spec.param.python_param.layer == cls.__name__)
    ]
    if not found:
        raise UsageError(f"{model} has no layer of {cls.__name__}")
    return found
