"""Fields that layer classes declare: read from configs like those of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import layerzoo
from layerzoo import schema
from layerzoo.binding import bind
from layerzoo.catalogue import explain
from layerzoo.declared import DeclaredField, Fields, declared_fields, field, make_message, snake_case
from layerzoo.errors import ConfigError, ContractError
from layerzoo.layer import LAYERS, Layer, register
from layerzoo.loader import convert, emit, load_net, parse_net
from layerzoo.loader.read_tree import read_tree
from layerzoo.loader.upgrade import upgrade_file
from layerzoo.net import Net
from layerzoo.runs.diff import flat
from layerzoo.schema import FillerParameter, LayerParameter, fields, message_class

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }\n'


class Mode(Enum):
    PLAIN = "plain"
    NEGATIVE = "negative"


class Window(Fields):
    """A window."""

    size = field(int, 3, "Side in pixels.")


@pytest.fixture(autouse=True)
def cube() -> Iterator[type[Layer]]:
    @register
    class CubeForTest(Layer):
        """The third power, scaled."""

        example = "scale: 2"
        scale = field(float, 1.0, "Factor on the output.")
        mode = field(Mode, Mode.PLAIN, "Sign of the output.")
        sizes = field(list[int], (1, 2), "Some sizes.")
        window = field(Window, None, "A window.")
        windows = field(list[Window], (), "Several.")
        label = field(str, "none", "A name.")
        bias = field(bool, True, "Whether there is a bias.")
        weight_filler = field(FillerParameter, None, "First values.")

        @classmethod
        def top_shapes(cls, param: LayerParameter, bottoms: Any) -> Any:
            return [(*bottoms[0], len(cls.fields(param).sizes))]

        def forward(self, x: Tensor) -> Tensor:
            sign = -1 if self.mode is Mode.NEGATIVE else 1
            return (sign * self.scale * x**3).unsqueeze(-1).expand(*x.shape, len(self.sizes))

    yield CubeForTest
    del LAYERS._known["CubeForTest"]
    del schema._declared[LayerParameter.DESCRIPTOR]["cube_for_test_param"]
    schema._fields.clear()


def cube_layer(inside: str = "") -> str:
    return f'{INPUT}layer {{ name: "c" type: "CubeForTest" bottom: "x" top: "y" {inside} }}\n'


FULL = (
    "cube_for_test_param { scale: 2.5 mode: NEGATIVE sizes: 4 sizes: 5 sizes: 6 window { size: 7 } "
    'windows { } windows { size: 1 } label: "a" bias: false weight_filler { type: "xavier" } }'
)


def test_layer_has_the_values_of_its_config() -> None:
    net = Net(parse_net(cube_layer(FULL)))
    layer: Any = net.layer("c")
    assert (layer.scale, layer.mode, layer.sizes, layer.label, layer.bias) == (
        2.5,
        Mode.NEGATIVE,
        (4, 5, 6),
        "a",
        False,
    )
    assert layer.window.size == 7
    assert [window.size for window in layer.windows] == [3, 1]
    assert layer.weight_filler.type == "xavier"
    assert torch.equal(net(x=torch.tensor([1.0, 2.0]))["y"][:, 0], torch.tensor([-2.5, -20.0]))
    assert net.graph.last["y"].shape == (2, 3)


@pytest.mark.parametrize("inside", ["", "cube_for_test_param { }"])
def test_defaults_hold_for_fields_that_are_not_set(inside: str) -> None:
    layer: Any = Net(parse_net(cube_layer(inside))).layer("c")
    assert (layer.scale, layer.mode, layer.sizes, layer.label, layer.bias) == (
        1.0,
        Mode.PLAIN,
        (1, 2),
        "none",
        True,
    )
    assert layer.window is None
    assert layer.windows == ()


@pytest.mark.parametrize("form", ["prototxt", "yaml"])
def test_text_holds_declared_fields(form: Any, tmp_path: Path) -> None:
    message = parse_net(cube_layer(FULL)).message
    assert parse_net(emit(message, form), format=form).message == message
    (tmp_path / "a.prototxt").write_text(cube_layer(FULL))
    convert(tmp_path / "a.prototxt", tmp_path / f"b.{form}")
    assert load_net(tmp_path / f"b.{form}").message == message


def test_runs_differ_in_declared_fields() -> None:
    text = (
        INPUT
        + 'layer { name: "c" type: "CubeForTest" bottom: "x" top: "y" cube_for_test_param { scale: %s } }'
    )
    scales = [flat(parse_net(text % scale).message)["layer[c].cube_for_test_param.scale"] for scale in (2, 3)]
    assert scales == ["2", "3"]


def test_overrides_reach_declared_fields(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(cube_layer())
    document = load_net(
        tmp_path / "net.prototxt",
        ["layer[c].cube_for_test_param.scale=4", "layer[c].cube_for_test_param.window={size: 9}"],
    )
    layer: Any = Net(document).layer("c")
    assert (layer.scale, layer.window.size) == (4.0, 9)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("scal: 2", "1:51: unknown field 'scal' in 'cube_for_test_param'|did you mean 'scale'?"),
        ("scale: x", "1:58: 'scale' takes a number, not 'x'"),
        ("mode: NONE", "1:57: 'mode' takes PLAIN, NEGATIVE, not 'NONE'"),
        ("window: 3", "'window' takes fields, not the value '3'|such as 'window { size: … }'"),
        ("window { siz: 3 }", "unknown field 'siz' in 'window'|did you mean 'size'?"),
        ("sizes: 1.5", "'sizes' takes an integer (int64), not '1.5'"),
        ("bias: yes", "'bias' takes true or false, not 'yes'|write 'bias: true'"),
        ("scale: 1 scale: 2", "'scale' is given twice"),
    ],
)
def test_faults_have_positions(inside: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_net(f"layer {{ type: 'CubeForTest' cube_for_test_param {{ {inside} }} }}")
    for part in message.split("|"):
        assert part in str(caught.value)
    assert "^" in str(caught.value)


def test_declared_message_in_another_type_is_a_fault() -> None:
    text = (
        f"{INPUT} layer {{ name: 'r' type: 'ReLU' bottom: 'x' top: 'y' cube_for_test_param {{ scale: 2 }} }}"
    )
    with pytest.raises(ConfigError, match="'cube_for_test_param' in a layer of type 'ReLU'"):
        Net(parse_net(text))


def test_explain_shows_declared_fields() -> None:
    text = explain("CubeForTest")
    assert "cube_for_test_param { … }  CubeForTestParameter" in text
    assert "scale  double, default 1\n      Factor on the output." in text
    assert "PLAIN" in text
    assert "cube_for_test_param {\n      scale: 2" in text
    assert "Side in pixels." in explain("cube_for_test_param.window")
    assert "The third power, scaled." in explain("CubeForTestParameter")


def test_class_registered_again_has_its_new_fields() -> None:
    namespace = {"__module__": __name__, "__qualname__": LAYERS["CubeForTest"].__qualname__}
    again = type("CubeForTest", (Layer,), {**namespace, "power": field(int, 3), "forward": lambda _, x: x})
    register(again)
    net = Net(parse_net(cube_layer("cube_for_test_param { power: 2 }")))
    assert net.layer("c").power == 2
    with pytest.raises(ConfigError, match="unknown field 'scale'"):
        parse_net(cube_layer("cube_for_test_param { scale: 2 }"))


def test_binary_prototxt_refuses_declared_fields(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(cube_layer(FULL))
    with pytest.raises(ConfigError, match="binary prototxt can't hold 'cube_for_test_param'"):
        upgrade_file(tmp_path / "net.prototxt", tmp_path / "net.binaryproto")


def test_caffemodel_leaves_out_declared_fields(tmp_path: Path) -> None:
    net = Net(parse_net(cube_layer(FULL)))
    net.save_weights(tmp_path / "w.caffemodel")
    assert b"xavier" not in (tmp_path / "w.caffemodel").read_bytes()


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("Scale", field(float, 1.0), "'Scale' can't be the name of a field"),
        ("scale", field(complex, 1j), "has the type <class 'complex'>; expected float, int, bool"),
        ("scale", field(float, "1"), "has the default '1'; expected type float"),
        ("size", field(int, True), "has the default True; expected type int"),
        ("sizes", field(list[int], (1, "2")), "has the default '2'; expected type int"),
    ],
)
def test_invalid_field_is_refused(name: str, given: DeclaredField, message: str) -> None:
    with pytest.raises(ContractError, match=message.replace("(", r"\(")):
        make_message("M", {name: given})


@pytest.mark.parametrize("name", ["name", "training", "blobs", "forward"])
def test_field_that_hides_a_member_of_layers_is_refused(name: str) -> None:
    body = {"__module__": __name__, "forward": lambda _, x: x, name: field(float, 1.0)}
    cls = type("HidesForTest", (Layer,), body)
    try:
        with pytest.raises(ContractError, match=f"field '{name}' of HidesForTest hides"):
            register(cls)
    finally:
        LAYERS._known.pop("HidesForTest", None)


def test_message_without_a_layer_is_bound_alike() -> None:
    made = make_message("Parameters", {"channels": field(int, 8, "Channels."), "rate": field(float, 0.1)})
    message: Any = message_class(made)()
    faults: list[Any] = []
    bind(read_tree("channels: 16", "prototxt", None, faults), message, faults)
    assert not faults
    assert (message.channels, message.rate) == (16, 0.1)
    assert fields(made)["channels"].comment == "Channels."


@pytest.mark.parametrize(
    ("name", "snake"),
    [("Cube", "cube"), ("MyLayer", "my_layer"), ("LSTMUnit2", "lstm_unit2"), ("SPP", "spp")],
)
def test_snake_case_converts_class_names(name: str, snake: str) -> None:
    assert snake_case(name) == snake


def test_fields_of_a_base_come_first() -> None:
    class Base(Fields):
        one = field(int, 1)

    class More(Base):
        two = field(int, 2)

    assert list(declared_fields(More)) == ["one", "two"]
    assert layerzoo.field is field
