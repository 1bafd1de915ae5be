from __future__ import annotations

import math
from pathlib import Path

import pytest
from google.protobuf import text_format
from google.protobuf.message import Message

from layerzoo import forks
from layerzoo.binding import MAX_FAULTS, bind
from layerzoo.errors import Fault
from layerzoo.nodes import prototxt, yaml
from layerzoo.schema import (
    Datum,
    FillerParameter,
    LayerParameter,
    LossParameter,
    NetParameter,
    SolverParameter,
    legacy_net,
)
from layerzoo.source import Source


def bound(text: str, message: Message, form: str = "prototxt", lenient: bool = False) -> list[Fault]:
    """Bind a text to a message; the faults (of lenient binding: what was dropped)."""
    faults: list[Fault] = []
    dropped: list[Fault] = []
    read = yaml.read if form == "yaml" else prototxt.read
    root = read(Source("x", text, bare_strings=form == "yaml"), faults)
    assert not faults, faults[0]
    bind(root, message, faults, dropped if lenient else None)
    return dropped if lenient else faults


def value(text: str, field: str, message: Message, form: str = "prototxt") -> object:
    faults = bound(f"{field}: {text}", message, form)
    assert not faults, faults[0]
    return getattr(message, field)


def told(text: str, message: Message, form: str = "prototxt") -> list[str]:
    return [f.message for f in bound(text, message, form)]


@pytest.mark.parametrize("form", ["prototxt", "yaml"])
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("-7", -7),
        ("0x1F", 31),
        ("0XaB", 171),
        ("-0x10", -16),
        ("2147483647", 2**31 - 1),
        ("-2147483648", -(2**31)),
    ],
)
def test_integers_are_read(text: str, number: int, form: str) -> None:
    assert value(text, "max_iter", SolverParameter(), form) == number


def test_octal_in_prototxt_is_read_as_by_text_format() -> None:
    assert value("017", "max_iter", SolverParameter()) == 15


@pytest.mark.parametrize("form", ["prototxt", "yaml"])
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("1e-4", 1e-4),
        ("5e8", 5e8),
        ("1.5E+2f", 150.0),
        ("2f", 2.0),
        ("inf", math.inf),
        ("-inf", -math.inf),
        ("Infinity", math.inf),
        ("0x10", 16.0),
        ("3.4028235e38", 3.4028234663852886e38),
        ("1e-50", 0.0),
    ],
)
def test_floats_are_read(text: str, number: float, form: str) -> None:
    assert value(text, "std", FillerParameter(), form) == pytest.approx(number, rel=1e-7)


@pytest.mark.parametrize(
    ("text", "form"), [("nan", "prototxt"), ("-nan", "prototxt"), (".nan", "yaml"), ("NaN", "yaml")]
)
def test_nan_is_read(text: str, form: str) -> None:
    found = value(text, "std", FillerParameter(), form)
    assert isinstance(found, float)
    assert math.isnan(found)


def test_infinity_of_yaml_is_read() -> None:
    assert value("-.inf", "std", FillerParameter(), "yaml") == -math.inf


@pytest.mark.parametrize("form", ["prototxt", "yaml"])
@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("true", True),
        ("false", False),
        ("True", True),
        ("False", False),
        ("t", True),
        ("f", False),
        ("1", True),
        ("0", False),
    ],
)
def test_booleans_are_read(text: str, truth: bool, form: str) -> None:
    assert value(text, "debug_info", SolverParameter(), form) is truth


@pytest.mark.parametrize(
    ("text", "form"),
    [("GPU", "prototxt"), ("1", "prototxt"), ("GPU", "yaml"), ("'GPU'", "yaml"), ("1", "yaml")],
)
def test_enum_is_read_by_name_and_number(text: str, form: str) -> None:
    assert value(text, "solver_mode", SolverParameter(), form) == SolverParameter.GPU


@pytest.mark.parametrize(
    ("text", "form", "string"),
    [
        ("'a b'", "prototxt", "a b"),
        (r"'\303\274\n'", "prototxt", "ü\n"),
        ("'5'", "prototxt", "5"),
        ("a b", "yaml", "a b"),
        ("5", "yaml", "5"),
        ("on", "yaml", "on"),
        ("0777", "yaml", "0777"),
        ("'null'", "yaml", "null"),
        ("1:30", "yaml", "1:30"),
        ("2001-01-01", "yaml", "2001-01-01"),
        (r'"\u00fc\n"', "yaml", "ü\n"),
    ],
)
def test_strings_are_read(text: str, form: str, string: str) -> None:
    assert value(text, "net", SolverParameter(), form) == string


@pytest.mark.parametrize(("text", "form"), [(r"'\000\377a\n'", "prototxt"), (r"'\000\377a\n'", "yaml")])
def test_bytes_have_the_same_escapes_in_both_formats(text: str, form: str) -> None:
    assert value(text, "data", Datum(), form) == b"\0\xffa\n"


@pytest.mark.parametrize(
    ("field", "text", "form", "message", "hint"),
    [
        ("max_iter", "abc", "prototxt", "'max_iter' takes an integer (int32), not 'abc'", None),
        (
            "max_iter",
            "'5'",
            "prototxt",
            "'max_iter' takes an integer (int32), not the string \"5\"",
            "remove the quotes",
        ),
        ("max_iter", "1e4", "yaml", "'max_iter' takes an integer (int32), not '1e4'", "write 10000"),
        ("max_iter", "5.0", "prototxt", "'max_iter' takes an integer (int32), not '5.0'", "write 5"),
        ("max_iter", "5.5", "prototxt", "'max_iter' takes an integer (int32), not '5.5'", None),
        ("max_iter", "1_000", "yaml", "'max_iter' takes an integer (int32), not '1_000'", None),
        ("max_iter", "1:30", "yaml", "'max_iter' takes an integer (int32), not '1:30'", None),
        ("max_iter", "٣", "yaml", "'max_iter' takes an integer (int32), not '٣'", None),
        ("max_iter", "0777", "yaml", "'0777' could be octal or decimal", "write 777"),
        (
            "max_iter",
            "2147483648",
            "prototxt",
            "2147483648 is out of range: 'max_iter' (int32) takes -2,147,483,648 to 2,147,483,647",
            None,
        ),
        (
            "max_iter",
            "9" * 5000,
            "prototxt",
            f"{'9' * 60} is out of range: 'max_iter' (int32) takes -2,147,483,648 to 2,147,483,647",
            None,
        ),
        ("base_lr", "fast", "yaml", "'base_lr' takes a number, not 'fast'", None),
        ("base_lr", "0..1", "yaml", "'base_lr' takes a number, not '0..1'", None),
        ("base_lr", "'0,1'", "yaml", "'base_lr' takes a number, not the string \"0,1\"", "write 0.1"),
        ("base_lr", "1e39", "prototxt", "1e39 is out of range: 'base_lr' is a 32-bit float", None),
        ("base_lr", "true", "prototxt", "'base_lr' takes a number, not 'true'", None),
        (
            "debug_info",
            "yes",
            "yaml",
            "'debug_info' takes true or false, not 'yes'",
            "write 'debug_info: true'",
        ),
        (
            "debug_info",
            "off",
            "yaml",
            "'debug_info' takes true or false, not 'off'",
            "write 'debug_info: false'",
        ),
        ("debug_info", "2", "yaml", "'debug_info' takes true or false, not '2'", None),
        (
            "debug_info",
            "'true'",
            "yaml",
            "'debug_info' takes true or false, not the string \"true\"",
            "remove the quotes",
        ),
        ("net", "lenet", "prototxt", "'net' takes a string in quotes, not 'lenet'", "write 'net: \"lenet\"'"),
        ("net", "5", "prototxt", "'net' takes a string in quotes, not '5'", "write 'net: \"5\"'"),
        ("net", r"'\377'", "prototxt", "the string of 'net' is not UTF-8", "save the file as UTF-8"),
        ("solver_mode", "gpu", "prototxt", "'solver_mode' takes CPU, GPU, not 'gpu'", "did you mean 'GPU'?"),
        ("solver_mode", "2", "prototxt", "'solver_mode' takes CPU, GPU, not '2'", None),
        (
            "solver_mode",
            "'GPU'",
            "prototxt",
            "'solver_mode' takes a name without quotes",
            "write 'solver_mode: GPU'",
        ),
    ],
)
def test_value_of_the_wrong_type_is_a_fault(
    field: str, text: str, form: str, message: str, hint: str | None
) -> None:
    solver = SolverParameter()
    faults = bound(f"{field}: {text}", solver, form)
    assert [(f.message, f.hint) for f in faults] == [(message, hint)]
    assert str(faults[0].origin) == f"x:1:{len(field) + 3}"
    assert not solver.HasField(field)


def test_unsigned_numbers_have_their_own_range() -> None:
    message = "-1 is out of range: 'num_output' (uint32) takes 0 to 4,294,967,295"
    assert told("layer { embed_param { num_output: -1 input_dim: 4294967295 } }", NetParameter()) == [message]


def test_enum_value_names_the_forks_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "table", lambda: {("PoolingParameter.Engine", "ABACUS"): "Elsewhere"})
    (fault,) = bound("layer { pooling_param { engine: ABACUS } }", NetParameter())
    assert fault.message == "'engine' takes DEFAULT, CAFFE, CUDNN, not 'ABACUS'"
    assert fault.hint == "a value of Caffe's fork Elsewhere, which Layerzoo does not support"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("layer: 5", ["'layer' takes fields, not the value '5'"]),
        ("name { }", ["'name' takes a string, not fields"]),
        ("name: 'a' name: 'b'", ["'name' is given twice"]),
        ("name: ['a', 'b']", ["'name' takes one value, not a list of several"]),
        ("state { } state { }", ["'state' is given twice"]),
        ("layer { clip_param { } }", ["'max' is missing", "'min' is missing"]),
    ],
)
def test_field_of_the_wrong_form_is_a_fault(text: str, messages: list[str]) -> None:
    assert sorted(told(text, NetParameter())) == messages


def test_list_of_one_sets_a_singular_field() -> None:
    net = NetParameter()
    assert not bound("name: ['a'] state: [{ level: [2] }]", net)
    assert (net.name, net.state.level) == ("a", 2)


def test_empty_message_is_set() -> None:
    layer = LayerParameter()
    assert not bound("relu_param { }", layer)
    assert layer.HasField("relu_param")
    assert not layer.HasField("dropout_param")


def test_fault_has_its_layer() -> None:
    faults = bound("layer { name: 'conv1' typ: 'x' param { lr: 1 } } nam: 'x'", NetParameter())
    assert [(f.message, f.layer) for f in faults] == [
        ("unknown field 'typ' in a layer", "conv1"),
        ("unknown field 'lr' in 'param'", "conv1"),
        ("unknown field 'nam' in a net", None),
    ]


def test_layers_stay_aligned_with_their_nodes() -> None:
    net = NetParameter()
    text = "layer { name: 'a' } layer: 5 layer { name: 'b' oops: 1 } layer: [{ name: 'c' }, { name: 'd' }]"
    bound(text, net)
    assert [layer.name for layer in net.layer] == ["a", "", "b", "c", "d"]


def test_lenient_binding_drops_unknown_fields() -> None:
    net = NetParameter()
    dropped = bound("name: 'a' version: 1 layer { no_such_param { x: 1 } name: 'b' }", net, lenient=True)
    assert [f.message for f in dropped] == [
        "unknown field 'version' in a net",
        "unknown field 'no_such_param' in a layer",
    ]
    assert net == NetParameter(name="a", layer=[LayerParameter(name="b")])


@pytest.mark.slow
def test_binding_agrees_with_text_format_on_public_files(shared: Path) -> None:
    """Every file is bound as protobuf's own parser reads it, or refused as that refuses it."""
    table = (shared / "corpus" / "index.tsv").read_text().splitlines()[1:]
    agreed = {"NetParameter": 0, "SolverParameter": 0, "LegacyNetParameter": 0}
    for row in table:
        path, kind, _, _, _, style = row.split("\t")
        text = (shared / "corpus" / path).read_text()
        message = SolverParameter if kind == "solver" else NetParameter if style == "V2" else legacy_net()
        wanted: Message | None = message()
        try:
            text_format.Parse(text, wanted)
        except text_format.ParseError:
            wanted = None
        faults: list[Fault] = []
        found = message()
        bind(prototxt.read(Source(path, text), faults), found, faults)
        assert bool(faults) == (wanted is None), (path, faults[:1])
        assert faults or found == wanted, path
        agreed[message.__name__] += not faults
    assert len(table) == 827
    assert sum(agreed.values()) >= 400, agreed


def test_binding_stops_at_the_limit_of_faults() -> None:
    faults = bound("oops: 1 " * 5000, NetParameter())
    assert len(faults) == MAX_FAULTS + 1
    assert faults[-1].message == f"more than {MAX_FAULTS} faults; the rest was not checked"
    assert len(bound("oops: 1 " * 5000, NetParameter(), lenient=True)) == 5000


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("0x" + "1" * 300, "prototxt"),
        ("-0x100000000000000000000000000000000", "prototxt"),
        ("0x100000000000000000000000000000000", "yaml"),
        ("1e999", "prototxt"),
        ("3.5e38f", "prototxt"),
        ("9" * 5000, "yaml"),
    ],
)
def test_float_that_exceeds_its_bits_is_a_fault(text: str, form: str) -> None:
    [message] = told(f"base_lr: {text}", SolverParameter(), form)
    assert message.split(" | ")[0].endswith("is out of range: 'base_lr' is a 32-bit float")


@pytest.mark.parametrize(
    "text", ["1:30", "1_000", "0o17", "0b1", "1e", "1.5.", "0x", "\u0661", "1" * 99 + "x"]
)
def test_look_alikes_of_numbers_in_yaml_are_faults(text: str) -> None:
    for field in ("base_lr", "max_iter"):
        assert len(told(f"{field}: {text}", SolverParameter(), "yaml")) == 1


def test_findings_of_hexadecimal_numbers_are_faults(data: Path) -> None:
    for name in ("hex_overflow", "hex_silent_inf"):
        text = (data / "findings" / "hostile" / f"{name}.prototxt").read_text("utf-8")
        assert [
            f.origin and f.origin.source.text[f.origin.offset :][:2] for f in bound(text, SolverParameter())
        ] == ["0x"]


@pytest.mark.parametrize("form", ["prototxt", "yaml"])
def test_auto_sets_the_field_that_says_so(form: str) -> None:
    message = LossParameter()
    assert not bound("class_weights: AUTO", message, form)
    assert message.auto_class_weights
    assert not message.class_weights
    assert told("label_smoothing: AUTO", LossParameter(), form)
