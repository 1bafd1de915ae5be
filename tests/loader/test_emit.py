from __future__ import annotations

import math
import random
import struct
from pathlib import Path

import pytest
import yaml
from google.protobuf import text_format
from google.protobuf.message import Message

from layerzoo.binding import bind
from layerzoo.errors import ConfigError, Fault, LayerzooError
from layerzoo.loader import Format, emit, load_net, parse_net, parse_solver, write_config
from layerzoo.nodes import prototxt
from layerzoo.nodes import yaml as yaml_nodes
from layerzoo.schema import TRAIN, Datum, NetParameter, SolverParameter, fields, message_class
from layerzoo.source import Source

FORMATS: tuple[Format, Format] = ("prototxt", "yaml")


def read_back(text: str, form: Format, empty: Message) -> Message:
    faults: list[Fault] = []
    read = yaml_nodes.read if form == "yaml" else prototxt.read
    bind(read(Source("x", text, form == "yaml"), faults), empty, faults)
    assert not faults, faults[0]
    return empty


def lenet() -> NetParameter:
    net = NetParameter(name="LeNet 5")
    data = net.layer.add(name="data", type="Input", top=["data"])
    data.input_param.shape.add(dim=[64, 1, 28, 28])
    data.include.add(phase=TRAIN, stage=["a", "b"])
    conv = net.layer.add(name="conv1", type="Convolution", bottom=["data"], top=["conv1"])
    conv.param.add(lr_mult=1)
    conv.param.add(lr_mult=2, decay_mult=0)
    conv.convolution_param.num_output = 20
    conv.convolution_param.kernel_size.append(5)
    conv.convolution_param.weight_filler.type = "xavier"
    conv.convolution_param.weight_filler.std = 1e-5
    relu = net.layer.add(name="relu", type="ReLU", bottom=["conv1"], top=["conv1"])
    relu.relu_param.SetInParent()
    return net


def test_prototxt_is_formatted_as_by_caffe() -> None:
    assert (
        emit(lenet(), "prototxt")
        == """name: "LeNet 5"
layer {
  name: "data"
  type: "Input"
  top: "data"
  include {
    phase: TRAIN
    stage: "a"
    stage: "b"
  }
  input_param {
    shape {
      dim: 64
      dim: 1
      dim: 28
      dim: 28
    }
  }
}
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param {
    lr_mult: 1
  }
  param {
    lr_mult: 2
    decay_mult: 0
  }
  convolution_param {
    num_output: 20
    kernel_size: 5
    weight_filler {
      type: "xavier"
      std: 1e-05
    }
  }
}
layer {
  name: "relu"
  type: "ReLU"
  bottom: "conv1"
  top: "conv1"
  relu_param {}
}
"""
    )


def test_yaml_is_formatted_in_block_and_flow_style() -> None:
    assert (
        emit(lenet(), "yaml")
        == """name: LeNet 5
layer:
  - name: data
    type: Input
    top: data
    include: {phase: TRAIN, stage: [a, b]}
    input_param:
      shape: {dim: [64, 1, 28, 28]}
  - name: conv1
    type: Convolution
    bottom: data
    top: conv1
    param: [{lr_mult: 1}, {lr_mult: 2, decay_mult: 0}]
    convolution_param:
      num_output: 20
      kernel_size: 5
      weight_filler: {type: xavier, std: 1.0e-05}
  - name: relu
    type: ReLU
    bottom: conv1
    top: conv1
    relu_param: {}
"""
    )


SURPRISES = [
    "",
    " ",
    "on",
    "No",
    "null",
    "~",
    "true",
    "1",
    "1e5",
    "0777",
    "1:30",
    "2001-01-01",
    "a: b",
    "a #b",
    "#a",
    "- a",
]
SURPRISES += [
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "{a}",
    "[a]",
    "a,b",
    "'a'",
    '"a"',
    "a\\b",
    "a\nb",
    "a\tb",
    "\r",
    "a ",
    " a",
    "-",
    "?",
]
SURPRISES += [
    "ü",
    "😀",
    "\0",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ufffe",
    ".5",
    ".inf",
    "=",
    "<<",
    "y",
    "a  b",
    "|",
    ">",
    "..",
    "../a/b.c",
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", SURPRISES)
def test_strings_read_back(text: str, form: Format) -> None:
    solver = SolverParameter(net=text, weights=[text, "x", text])
    assert read_back(emit(solver, form), form, SolverParameter()) == solver


@pytest.mark.parametrize("text", [t for t in SURPRISES if t not in {"\ufffe"}])
def test_strings_are_read_alike_by_other_readers(text: str) -> None:
    solver = SolverParameter(net=text)
    assert yaml.safe_load(emit(solver, "yaml")) == {"net": text}
    assert text_format.Parse(emit(solver, "prototxt"), SolverParameter()) == solver


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_read_back(form: Format) -> None:
    datum = Datum(data=bytes(range(256)) + b'"\\377')
    assert read_back(emit(datum, form), form, Datum()) == datum


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"),
        (1.0, "1"),
        (-0.0, "-0"),
        (0.1, "0.1"),
        (1e-5, "1e-05"),
        (123456.0, "123456"),
        (1 / 3, "0.33333334"),
        (16777216.0, "16777216"),
        (3.4028234663852886e38, "3.4028235e+38"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_floats_have_the_fewest_digits_that_read_back(value: float, text: str) -> None:
    assert emit(SolverParameter(base_lr=value), "prototxt") == f"base_lr: {text}\n"


@pytest.mark.parametrize("form", FORMATS)
def test_floats_read_back(form: Format) -> None:
    rng = random.Random(0)
    values = [struct.unpack("f", rng.randbytes(4))[0] for _ in range(500)]
    datum = Datum(float_data=[v for v in values if not math.isnan(v)])
    back = read_back(emit(datum, form), form, Datum())
    assert isinstance(back, Datum)
    assert [struct.pack("f", v) for v in back.float_data] == [struct.pack("f", v) for v in datum.float_data]
    if form == "yaml":
        assert all(isinstance(v, float | int) for v in yaml.safe_load(emit(datum, form))["float_data"])


def _filled(message: Message, rng: random.Random, depth: int) -> Message:
    """A message with fields drawn from all of ``proto/``; layers of other tests may have declared more."""
    for field in fields(type(message)).values():
        if field.extension is not None or (not field.required and rng.random() < 0.6):
            continue
        for _ in range(rng.randint(1, 3) if field.repeated else 1):
            if field.kind == "message":
                assert field.message is not None
                inner = (
                    _filled(message_class(field.message)(), rng, depth - 1)
                    if depth
                    else message_class(field.message)()
                )
                target = getattr(message, field.name)
                target.append(inner) if field.repeated else target.CopyFrom(inner)
                continue
            low, high = field.range or (0, 0)
            value = {
                "int": rng.choice([low, high, rng.randint(low, high), min(7, high)]),
                "float": struct.unpack("f", struct.pack("f", rng.uniform(-1e3, 1e3)))[0],
                "bool": rng.random() < 0.5,
                "string": rng.choice(SURPRISES),
                "bytes": rng.randbytes(5),
                "enum": rng.choice(list(field.values.values()) or [0]),
            }[field.kind]
            if field.repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("form", FORMATS)
def test_message_of_all_fields_reads_back(form: Format, seed: int) -> None:
    solver = _filled(SolverParameter(), random.Random(seed), 3)
    text = emit(solver, form)
    faults: list[Fault] = []
    back = SolverParameter()
    read = yaml_nodes.read if form == "yaml" else prototxt.read
    bind(read(Source("x", text, form == "yaml"), faults), back, faults)
    assert [f for f in faults if "is missing" not in f.message] == []  # clip_param { } is drawn too
    assert back == solver
    assert emit(back, form) == text


def test_long_list_has_one_line_per_element() -> None:
    text = emit(SolverParameter(weights=[f"folder/of/weights_{i}" for i in range(9)]), "yaml")
    assert text.startswith("weights:\n  - folder/of/weights_0\n")
    assert emit(SolverParameter(net="x" * 300), "yaml") == f"net: {'x' * 300}\n"


def test_write_config_uses_the_format_of_the_suffix(tmp_path: Path) -> None:
    for name in ("a.prototxt", "a.yaml"):
        write_config(lenet(), tmp_path / name)
        assert load_net(tmp_path / name).message == lenet()
    assert (tmp_path / "a.yaml").read_text() == emit(lenet(), "yaml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.prototxt", "a.yaml"]


def test_write_config_to_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LayerzooError, match="can't be written: No such file or directory"):
        write_config(lenet(), tmp_path / "no" / "a.yaml")


@pytest.mark.slow
def test_public_files_read_back_in_both_formats(shared: Path) -> None:
    """Every third file: all of them take minutes, and differ little from their neighbours."""
    back = 0
    for row in (shared / "corpus" / "index.tsv").read_text().splitlines()[1::3]:
        path, kind = row.split("\t")[:2]
        parse = parse_solver if kind == "solver" else parse_net
        more = {"with_nets": False} if kind == "solver" else {}
        try:
            message = parse(
                (shared / "corpus" / path).read_text(), format="prototxt", lenient=True, **more
            ).message
        except ConfigError:
            continue
        for form in FORMATS:
            assert read_back(emit(message, form), form, type(message)()) == message, path
        back += 1
    assert back >= 250
