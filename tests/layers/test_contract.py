"""The contract of every registered layer type."""

from __future__ import annotations

import inspect

import pytest
import torch

from layerzoo.contract.checks import CHECKS, sizes
from layerzoo.contract.example import Example, run
from layerzoo.functional.transforms import values_hidden
from layerzoo.layer import LAYERS
from layerzoo.loader import emit, parse_net
from layerzoo.schema import LayerParameter, NetParameter
from tests.host_reads import Watch
from tests.layers.examples import TYPES, each_type, each_types_examples, own_test


def test_types_are_all_registered() -> None:
    assert len(TYPES) >= 61


@each_type
def test_names_follow_one_rule(name: str) -> None:
    kind = LAYERS[name]
    module = kind.__module__.rpartition(".")[2]
    assert kind.__name__ == kind.type_name == name
    assert module.replace("_", "") == name.lower()
    own = f"{module}_param"
    fields = LayerParameter.DESCRIPTOR.fields_by_name
    assert set(kind.messages) <= set(fields), "messages names fields that LayerParameter doesn't have"
    if own in fields:
        assert kind.messages[:1] == (own,), f"the schema has {own}; it must come first in messages"


@each_type
def test_docstring_gives_shapes_and_source(name: str) -> None:
    doc = inspect.getdoc(LAYERS[name]) or ""
    assert "Shapes:" in doc, "the docstring gives no shapes"
    assert "Source:" in doc, "the docstring names no source"
    module_doc = inspect.getdoc(inspect.getmodule(LAYERS[name])) or ""
    assert module_doc.startswith(f"{name}: "), "the module's docstring begins with the type's name"


@each_type
def test_type_has_its_own_test(name: str) -> None:
    path = own_test(LAYERS[name])
    assert path.exists(), f"add {path.name} with numbers computed by hand"


@each_type
def test_module_is_small_and_imports_no_sibling(name: str) -> None:
    source = inspect.getsource(inspect.getmodule(LAYERS[name]))  # type: ignore[arg-type]  # never None
    assert "layerzoo.layers" not in source
    assert source.count("\n") <= 200


@each_types_examples
def test_shapes_of_tops_and_params_match_declaration(examples: list[Example]) -> None:
    for example in examples:
        kind = LAYERS[example.param.type]
        bottoms = [] if example.param.type == "Input" else example.shapes
        declared = [tuple(shape) for shape in kind.top_shapes(example.param, bottoms)]
        layer = example.layer()
        tops = [tuple(top.shape) for top in run(layer, example.bottoms)]
        if kind.shapes_by_value:
            declared = layer.shapes_for(example.bottoms)
        assert tops == declared, example.source
        own = kind.param_shapes(example.param, bottoms)
        assert [tuple(p.shape) for p in own] == [tuple(blob.shape) for blob in layer.blobs], example.source
        names = [p.name for p in own if not p.path]  # those of layers inside have names of their own
        first = [name for name in names if name in kind.param_names]  # further layers have names of their own
        assert first == [name for name in kind.param_names if name in first], example.source
        macs = kind.macs(example.param, bottoms, declared)
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


STATE_OF_ONE_SIZE = {
    "SegAccuracy": "it counts classes over batches",
    "SegmentationEvaluate": "it has a matrix that resizes",
    "DataAugmentation": "it has the mean of each pixel or channel",
}
"""Types that hold a state for the sizes that they are built for."""


@each_types_examples
def test_sizes_of_axes_may_change_after_building(examples: list[Example]) -> None:
    for example in examples:
        if example.param.type not in {"Input", *STATE_OF_ONE_SIZE}:
            sizes(example)


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
def test_randomness_is_declared(examples: list[Example]) -> None:
    """A layer whose values differ between passes declares ``randomness``."""
    for example in examples:
        kind = LAYERS[example.param.type]
        if kind.is_data:
            continue
        passes = []
        for batch in (5, 6):
            layer = example.layer().train()
            layer.clock.seed, layer.clock.batch = 3, batch
            passes.append(run(layer, example.bottoms))
        differ = not all(map(torch.equal, *passes))
        assert not differ or kind.randomness(example.param) is not None, example.source


@each_types_examples
def test_recorded_pass_reads_nothing_on_the_host(examples: list[Example]) -> None:
    """A layer that reads values even in a recorded step says so: by ``shapes_by_value`` or its effects."""
    for example in examples:
        kind = LAYERS[example.param.type]
        if kind.is_data or kind.is_input or kind.shapes_by_value or kind.has_effects:
            continue
        layer = example.layer().train()
        if layer.on_host:
            continue
        with values_hidden():
            run(layer, example.bottoms)  # makes what is kept
            with Watch() as watch:
                tops = [top.sum() for top in run(layer, example.bottoms) if top.requires_grad]
                if tops:
                    torch.autograd.backward(tops)
        assert not watch.found, example.source
