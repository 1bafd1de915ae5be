"""What every registered layer type promises, held over the whole registry.

Each type is tried on examples: its layers in the recorded cases, and what the type's own test module gives as
``EXAMPLE`` (a net as prototxt) or ``example(folder)`` (the same, after writing the files it needs), with
``prepare(layer)`` for a layer that wants something done before it runs. A layer added without any fails here.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from google.protobuf import text_format
from google.protobuf.message import Message

from layerzoo.contract.checks import CHECKS
from layerzoo.contract.example import Example, distinct, nudged, run
from layerzoo.errors import LayerFault
from layerzoo.graph.model import GraphLayer
from layerzoo.graph.unread import unread_fields
from layerzoo.layer import LAYERS, Layer
from layerzoo.loader import emit, parse_net
from layerzoo.schema import TRAIN, LayerParameter, NetParameter
from tests.conformance import NAMES, Recording

TYPES = [name for name in LAYERS if LAYERS[name].__module__.startswith("layerzoo.layers.")]
HERE = Path(__file__).parent


@cache
def recorded() -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for name in NAMES:
        case = Recording(name)
        params: dict[str, list[torch.Tensor]] = {}
        for layer, _, value in case.params("param"):
            params.setdefault(layer, []).append(value)
        for example in examples_in(
            case.net, f"recorded case {name}", case.phase == "TRAIN", case.all("in"), params
        ):
            found.setdefault(example.param.type, []).append(example)
    return found


def examples_in(
    net: NetParameter,
    source: str,
    train: bool = True,
    blobs: dict[str, torch.Tensor] | None = None,
    params: dict[str, list[torch.Tensor]] | None = None,
    module: ModuleType | None = None,
) -> Iterator[Example]:
    """Each layer of a net, with the bottoms that the layers before it give."""
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


@pytest.fixture
def examples(request: pytest.FixtureRequest, tmp_path: Path) -> list[Example]:
    """Those of the type that the test is about."""
    kind = LAYERS[request.param]
    path = test_module(kind)
    module = importlib.import_module(f"tests.layers.{path.stem}") if path.exists() else None
    found = list(recorded().get(request.param, ()))
    text = getattr(module, "EXAMPLE", None)
    if text is None and hasattr(module, "example"):
        text = module.example(tmp_path)
    if text is not None:
        net = text_format.Parse(text, NetParameter())
        its_own = [e for e in examples_in(net, str(path), module=module) if e.param.type == request.param]
        assert its_own, f"the example in {path} has no layer of type {request.param}"
        found += its_own
    if not found:
        pytest.fail(
            f"no example of {request.param}: give {path} an EXAMPLE, a net as prototxt with a layer of it"
        )
    return found


def test_module(kind: type[Layer]) -> Path:
    return HERE / f"test_{kind.__module__.rpartition('.')[2]}.py"


test_module.__test__ = False  # type: ignore[attr-defined]  # its name says what it finds

each_type = pytest.mark.parametrize("name", TYPES)
each_types_examples = pytest.mark.parametrize("examples", TYPES, indirect=True)


def test_how_many_there_are() -> None:
    assert len(TYPES) >= 61


@each_type
def test_one_naming_rule(name: str) -> None:
    kind = LAYERS[name]
    module = kind.__module__.rpartition(".")[2]
    assert kind.__name__ == kind.type_name == name
    assert module.replace("_", "") == name.lower()
    own = f"{module}_param"
    fields = LayerParameter.DESCRIPTOR.fields_by_name
    assert set(kind.messages) <= set(fields), "messages names fields that LayerParameter doesn't have"
    if own in fields:
        assert kind.messages[:1] == (own,), f"the schema has {own}; it must come first in messages"


class Recorder:
    """A message that notes which of its fields are looked at, and of the ``*_param`` messages in it."""

    def __init__(self, message: Message, seen: set[str], path: str = "") -> None:
        self.__dict__.update(_message=message, _seen=seen, _path=path)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._message, name)
        if name in self._message.DESCRIPTOR.fields_by_name:
            self._seen.add(self._path + name)
            if name.endswith("_param") and not self._path:
                return Recorder(value, self._seen, f"{name}.")
        return value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._message, name, value)

    def HasField(self, name: str) -> bool:  # noqa: N802 (protobuf's name)
        self._seen.add(self._path + name)
        return bool(self._message.HasField(name))


CONDITIONAL = {
    "BatchNorm": "batch_norm_param { scale_bias: true }",
    "InfogainLoss": 'infogain_loss_param { source: "given" }',
}
"""What a type's examples must say besides, so that it reads the last of its fields."""


def fields_read(examples: list[Example]) -> set[str]:
    """Dotted fields that a layer type looks at when its examples are wired, built and run."""
    seen: set[str] = set()
    for example in examples:
        kind, shapes = LAYERS[example.param.type], example.shapes if example.param.type != "Input" else []
        param: Any = Recorder(example.param, seen)
        tops = kind.top_shapes(param, shapes)
        kind.param_shapes(param, shapes)
        kind.check(param, shapes)
        kind.macs(param, shapes, tops)
        run(dataclasses.replace(example, param=param).layer(), example.bottoms)
    if examples[0].param.type in CONDITIONAL:
        param = LayerParameter()
        param.CopyFrom(examples[0].param)
        text_format.Merge(CONDITIONAL[param.type], param)
        with suppress(LayerFault):  # of a file that is missing
            shapes = examples[0].shapes[: 2 if param.type == "InfogainLoss" else None]
            kind = LAYERS[param.type]
            kind.top_shapes(Recorder(param, seen), shapes)  # type: ignore[arg-type]  # it answers as one
            kind.param_shapes(Recorder(param, seen), shapes)  # type: ignore[arg-type]  # it answers as one
    return seen


@each_types_examples
def test_every_field_of_its_messages_is_read_or_declared_unread(examples: list[Example]) -> None:
    kind = LAYERS[examples[0].param.type]
    descriptors = LayerParameter.DESCRIPTOR.fields_by_name
    fields = {
        f"{name}.{field.name}" for name in kind.messages for field in descriptors[name].message_type.fields
    }
    seen, hints, ignores = fields_read(examples), set(kind.hints), set(kind.ignores)
    if "transform_param" in kind.messages:  # refused by name where they are given
        seen |= {"transform_param.resize_param", "transform_param.noise_param"} - ignores
    assert hints | ignores <= fields, "hints and ignores name fields that its messages don't have"
    assert not hints & ignores
    assert fields - seen - hints - ignores == set(), "read them, or declare why not in `ignores`"
    assert (hints | ignores) & seen == set(), "declared unread, but read"
    assert all(kind.ignores.values()), "each with its reason"


@each_type
def test_every_other_message_in_it_is_told(name: str) -> None:
    kind = LAYERS[name]
    for field in LayerParameter.DESCRIPTOR.fields:
        if not field.name.endswith("_param"):
            continue
        param = LayerParameter(name="l", type=name)
        getattr(param, field.name).SetInParent()
        told = list(unread_fields(GraphLayer(0, "l", param, kind, None)))
        if field.name in kind.messages:
            assert not told
        else:
            (one,) = told
            assert f"'{field.name}' in a layer of type '{name}'" in one.fault.message
            assert one.refused == (field.number >= 20000)


@each_type
def test_each_field_it_ignores_is_told(name: str) -> None:
    kind = LAYERS[name]
    for path, why in kind.ignores.items():
        message_name, _, field_name = path.partition(".")
        param = LayerParameter(name="l", type=name)
        message = getattr(param, message_name)
        field = message.DESCRIPTOR.fields_by_name[field_name]
        if isinstance(getattr(message, field_name), Message):
            getattr(message, field_name).SetInParent()
        elif hasattr(getattr(message, field_name), "add"):
            getattr(message, field_name).add()
        else:
            setattr(message, field_name, field.default_value)
        (one,) = unread_fields(GraphLayer(0, "l", param, kind, None))
        assert one.fault.message == f"'{field_name}' is not read by a layer of type '{name}': {why}"
        assert not one.refused


@each_type
def test_says_what_it_is(name: str) -> None:
    doc = inspect.getdoc(LAYERS[name]) or ""
    assert "Shapes:" in doc, "the docstring gives no shapes"
    assert "Source:" in doc, "the docstring names no source"
    module_doc = inspect.getdoc(inspect.getmodule(LAYERS[name])) or ""
    assert module_doc.startswith(f"{name}: "), "the module's docstring begins with the type's name"


@each_type
def test_has_a_test_of_its_own(name: str) -> None:
    path = test_module(LAYERS[name])
    assert path.exists(), f"add {path.relative_to(HERE.parent.parent)} with numbers computed by hand"


@each_type
def test_is_one_small_module_that_imports_no_sibling(name: str) -> None:
    source = inspect.getsource(inspect.getmodule(LAYERS[name]))  # type: ignore[arg-type]  # it has one
    assert "layerzoo.layers" not in source
    assert source.count("\n") <= 200


@each_types_examples
def test_shapes_by_arithmetic_are_those_of_running(examples: list[Example]) -> None:
    for example in examples:
        kind = LAYERS[example.param.type]
        bottoms = [] if example.param.type == "Input" else example.shapes
        said = [tuple(shape) for shape in kind.top_shapes(example.param, bottoms)]
        layer = example.layer()
        made = [tuple(top.shape) for top in run(layer, example.bottoms)]
        if example.param.type == "Filter":  # how many it keeps depends on values; by arithmetic all
            said, made = [s[1:] for s in said], [s[1:] for s in made]
        assert made == said, example.source
        own = kind.param_shapes(example.param, bottoms)
        assert [tuple(p.shape) for p in own] == [tuple(blob.shape) for blob in layer.blobs], example.source
        assert [p.name for p in own] == list(kind.param_names[: len(own)]) or len(own) < len(kind.param_names)
        macs = kind.macs(example.param, bottoms, said)
        assert isinstance(macs, int)
        assert macs >= 0


@each_types_examples
@pytest.mark.parametrize(
    "promise", ["gradients", "second gradients", "determinism", "in place", "batch sizes", "seed", "copies"]
)
def test_promise_is_kept(promise: str, examples: list[Example]) -> None:
    for example in examples:
        if example.param.type != "Input" or promise in {"determinism", "in place"}:
            CHECKS[promise](example)


Scalar = Callable[[dict[str, torch.Tensor]], torch.Tensor]


@dataclass
class Function:
    """A layer as a pure function of the bottoms and params that have a gradient.

    Attributes:
        point: their values, by name; bottoms are named by their index.
    """

    example: Example
    point: dict[str, torch.Tensor]

    @classmethod
    def of(cls, example: Example) -> Function | None:
        """None where no top has a gradient."""
        layer = example.layer(torch.float64)
        leaves = {str(i): nudged(b).double().requires_grad_() for i, b in enumerate(example.bottoms)}
        made = [top for top in run(layer, list(leaves.values())) if top.requires_grad]
        leaves |= {name: blob for name, blob in layer.named_parameters() if blob.requires_grad}
        if not made:
            return None
        seeds = [torch.ones_like(top) for top in made]
        grads = torch.autograd.grad(made, list(leaves.values()), seeds, allow_unused=True)
        found = zip(leaves.items(), grads, strict=True)
        return cls(example, {name: leaf.detach() for (name, leaf), grad in found if grad is not None})

    def scalar(self) -> Scalar:
        """The sum of all tops' sines, curved even where the layer is linear; with a layer of its own."""
        layer = self.example.layer(torch.float64)
        fixed = [nudged(b).double() for b in self.example.bottoms]

        def scalar(point: dict[str, torch.Tensor]) -> torch.Tensor:
            bottoms = tuple(point.get(str(i), b) for i, b in enumerate(fixed))
            params = {name: value for name, value in point.items() if not name.isdigit()}
            made = torch.func.functional_call(layer, params, bottoms)
            tops = made if isinstance(made, tuple) else (made,)
            return torch.stack([top.sin().sum() for top in tops]).sum()

        return scalar

    def gradient(self, point: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Of `scalar`, by autograd without a transform."""
        leaves = {name: value.detach().requires_grad_() for name, value in point.items()}
        grads = torch.autograd.grad(self.scalar()(leaves), list(leaves.values()))
        return dict(zip(leaves, grads, strict=True))


# torch's rules for its own operations: some use what torch calls deprecated, some are slow
transforms = pytest.mark.filterwarnings(
    "ignore:.torch.jit.script. is deprecated:DeprecationWarning",
    "ignore:There is a performance drop:UserWarning",
)


@transforms
@each_types_examples
def test_transforms_of_torch_func_agree_with_autograd(examples: list[Example]) -> None:
    """``grad``, ``jvp``, ``vmap`` and products with the Hessian."""
    func = torch.func
    for example in examples:
        function = Function.of(example)
        if function is None:
            assert LAYERS[example.param.type].no_gradient, "no_gradient must say why"
            continue
        point = function.point
        expected = function.gradient(point)
        torch.testing.assert_close(func.grad(function.scalar())(point), expected)
        ahead = {name: torch.cos(3 * value) for name, value in point.items()}
        slope = func.jvp(function.scalar(), (point,), (ahead,))[1]
        torch.testing.assert_close(slope, torch.stack([(expected[n] * ahead[n]).sum() for n in point]).sum())
        reverse = func.vjp(func.grad(function.scalar()), point)[1](ahead)[0]
        forward = func.jvp(func.grad(function.scalar()), (point,), (ahead,))[1]
        torch.testing.assert_close(forward, reverse)  # a Hessian is symmetric
        two = {name: torch.stack([value, value * 0.9]) for name, value in point.items()}
        both = func.vmap(func.grad(function.scalar()), randomness="same")(two)
        for index in range(2):
            one = function.gradient({name: value[index] for name, value in two.items()})
            torch.testing.assert_close({name: value[index] for name, value in both.items()}, one)


@transforms
@each_types_examples
def test_small_hessians_are_those_of_autograd(examples: list[Example]) -> None:
    for example in examples:
        function = Function.of(example)
        if function is None or sum(value.numel() for value in function.point.values()) > 100:
            continue
        names, scalar = list(function.point), function.scalar()

        def of_values(
            *values: torch.Tensor, names: list[str] = names, scalar: Scalar = scalar
        ) -> torch.Tensor:
            return scalar(dict(zip(names, values, strict=True)))

        expected = torch.autograd.functional.hessian(of_values, tuple(function.point.values()))
        blocks = {one: dict(zip(names, row, strict=True)) for one, row in zip(names, expected, strict=True)}
        forward = torch.func.jacfwd(torch.func.jacrev(function.scalar()), randomness="same")(function.point)
        torch.testing.assert_close(forward, blocks)
        reverse = torch.func.jacrev(torch.func.jacrev(function.scalar()))(function.point)
        torch.testing.assert_close(reverse, blocks)


@each_types_examples
def test_schema_round_trip(examples: list[Example]) -> None:
    for example in examples:
        net = NetParameter(layer=[example.param])
        for form in ("prototxt", "yaml"):
            assert parse_net(emit(net, form), format=form).message == net, example.source
        read = LayerParameter.FromString(example.param.SerializeToString())
        kind = LAYERS[read.type]
        bottoms = [] if read.type == "Input" else example.shapes
        assert kind.top_shapes(read, bottoms) == kind.top_shapes(example.param, bottoms)


@each_types_examples
def test_says_what_is_random(examples: list[Example]) -> None:
    """A layer that computes something else in another pass says so by ``randomness``."""
    for example in examples:
        kind = LAYERS[example.param.type]
        if kind.is_data:
            continue
        seen = []
        for batch in (5, 6):
            layer = example.layer().train()
            layer.clock.seed, layer.clock.batch = 3, batch
            seen.append(run(layer, example.bottoms))
        differ = not all(map(torch.equal, *seen))
        assert not differ or kind.randomness(example.param) is not None, example.source
