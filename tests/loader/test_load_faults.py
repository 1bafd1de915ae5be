"""Faults of configs: where they are located, and what the user reads."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader import Format, load_net, load_solver, parse_net, parse_solver
from layerzoo.loader.files import PACKAGE
from tests.loader.configs import NET, SOLVER


def refused(text: str, format: Format = "prototxt") -> str:  # noqa: A002 (the word for it)
    with pytest.raises(ConfigError) as error:
        parse_net(text, format=format, path=Path(f"net.{format}"))
    return str(error.value)


def test_missing_net_is_reported_at_the_field_that_names_it(here: Path) -> None:
    (here / "solver.prototxt").write_text('base_lr: 0.1\nnet: "sub/nett.prototxt"\nmomentun: 0.9')
    with pytest.raises(ConfigError) as error:
        load_solver("solver.prototxt")
    first, second = error.value.faults
    assert str(first.origin) == "solver.prototxt:2:6"
    assert first.message == "no file 'sub/nett.prototxt'"
    assert first.hint is not None
    assert "did you mean 'net.prototxt'" in first.hint
    assert (str(second.origin), second.hint) == ("solver.prototxt:3:1", "did you mean 'momentum'?")


def test_faults_of_a_solver_and_its_net_are_reported_together(here: Path) -> None:
    (here / "net.prototxt").write_text(NET + "layr { }\n")
    (here / "solver.prototxt").write_text(SOLVER + "bse_lr: 1")
    with pytest.raises(ConfigError) as error:
        load_solver("solver.prototxt")
    assert [str(f.origin) for f in error.value.faults] == ["solver.prototxt:4:1", "net.prototxt:5:1"]


def test_binary_net_is_reported_at_the_field_that_names_it(here: Path) -> None:
    (here / "net.prototxt").write_bytes(b"\n\x03net\xa2\x06\x00")
    with pytest.raises(ConfigError, match=r"solver\.prototxt:1:6: .*net\.prototxt: binary"):
        load_solver("solver.prototxt")


def test_net_in_place_of_a_solver_and_the_reverse_are_refused(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"net\.prototxt:2:1: this is a net, not a solver"):
        load_solver("net.prototxt")
    with pytest.raises(
        ConfigError, match=r"this is a solver, not a net\n(.*\n)*.*its net is 'net\.prototxt'"
    ):
        load_net("solver.prototxt")
    (here / "odd.prototxt").write_text("net: 'solver.prototxt'")
    with pytest.raises(ConfigError, match="this is a solver, not a net"):
        load_solver("odd.prototxt")


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("name: a\nlayer:\n  - name: b\n", "prototxt", "this looks like YAML, but was read as prototxt"),
        ('name: "a"\nlayer {\n  name: "b"\n}\n', "yaml", "this looks like prototxt, but was read as YAML"),
        ("# nothing\n", "prototxt", "only comments"),
        ("# nothing\n", "yaml", "only comments"),
    ],
)
def test_text_in_the_other_format_is_recognised(text: str, format: Format, expected: str) -> None:  # noqa: A002
    assert expected in refused(text, format)


def test_faults_are_collected_when_a_list_is_passed() -> None:
    faults: list[Fault] = []
    document = parse_net('name: 5\nlayer { type: "ReLU" oops: 1 }', faults=faults)
    assert [f.message for f in faults] == [
        "'name' takes a string in quotes, not '5'",
        "unknown field 'oops' in a layer",
    ]
    assert document.message.layer[0].type == "ReLU"


def test_faults_of_a_prototxt_are_all_located() -> None:
    text = """name: "ten"
layer {
  name: "conv1"
  typ: "Convolution"
  bottom: data
  convolution_param {
    num_output: 20.5
    kernel_size: -5
    stride = 2
    weight_filler { type: "xavier" variance_norm: FANIN }
    bias_term: yes
    pad: 1 1
  }
  name: "again"
  relu_param: 5
}
solver_mode: GPU
"""
    with pytest.raises(ConfigError) as error:
        parse_net(text, path=Path("ten.prototxt"))
    places = "4:3 5:11 7:17 8:18 9:12 10:51 11:16 12:12 14:3 15:15 17:1"
    assert [str(f.origin) for f in error.value.faults] == [
        f"ten.prototxt:{place}" for place in places.split()
    ]


def test_faults_of_a_yaml_are_all_located() -> None:
    text = """name: ten
layer:
  - name: conv1
    typ: Convolution
    bottom: ~
    convolution_param:
      num_output: 20.5
      kernel_size: -5
      weight_filler: {type: xavier, variance_norm: FANIN}
      bias_term: yes
      num_output: 3
    relu_param: 5
    top: [[a]]
  - *nowhere
  - phase: !!str TEST
solver_mode: GPU
"""
    with pytest.raises(ConfigError) as error:
        parse_net(text, path=Path("ten.yaml"))
    places = "4:5 5:13 7:19 8:20 9:52 10:18 11:7 12:17 13:11 14:5 15:12 16:1"
    assert [str(f.origin) for f in error.value.faults] == [f"ten.yaml:{place}" for place in places.split()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'layer {\n  name: "conv1"\n  convolution_param {\n    num_ouput: 20\n  }\n}',
            "net.prototxt:4:5: unknown field 'num_ouput' in 'convolution_param' (layer 'conv1')\n"
            "     4 |     num_ouput: 20\n"
            "       |     ^^^^^^^^^\n"
            "    did you mean 'num_output'?",
        ),
        (
            'layer {\n  name: "ip"\n  inner_product_param { num_output: cls3x }\n}',
            "net.prototxt:3:37: 'num_output' takes an integer (uint32), not 'cls3x' (layer 'ip')\n"
            "     3 |   inner_product_param { num_output: cls3x }\n"
            "       |                                     ^^^^^",
        ),
        (
            'layer {\n  name: "a"\n  type: "InnerProduct"\n  weight_filler { type: "xavier" }\n}',
            "net.prototxt:4:3: unknown field 'weight_filler' in a layer (layer 'a')\n"
            '     4 |   weight_filler { type: "xavier" }\n'
            "       |   ^^^^^^^^^^^^^\n"
            "    it belongs in 'inner_product_param'",
        ),
        (
            'name: "net"\nlayer {\n  name: "a"\n  relu_param { engine: CAFFE\n}\nlayer {\n  name: "b"\n}\n',
            "net.prototxt:2:1: 'layer' is never closed\n"
            "     2 | layer {\n"
            "       | ^^^^^\n"
            "    a '}' is missing in it or at its end",
        ),
        (
            "layer {\n  type: 'Data'\n  data_param { source: \"C:\\data\" }\n}",
            "net.prototxt:3:27: unknown escape '\\d' in a string\n"
            '     3 |   data_param { source: "C:\\data" }\n'
            "       |                           ^^\n"
            "    write a backslash as \\\\, or separate folders by /",
        ),
    ],
)
def test_error_text_shows_line_caret_and_hint(text: str, expected: str) -> None:
    assert refused(text) == expected


def _mutated(rng: random.Random, text: str) -> str:
    """A text with a few pieces cut, doubled, moved or replaced by what parsers stumble over."""
    pieces = [
        "{",
        "}",
        "[",
        "]",
        "<",
        ":",
        ",",
        '"',
        "'",
        "\\",
        "#",
        "\n",
        "\t",
        "- ",
        "&a ",
        "*a",
        "!!x ",
        "<<: ",
    ]
    pieces += [
        "1e99",
        "nan",
        "\0",
        "\udc80",
        "\ufeff",
        "ü",
        "layer",
        "layers",
        "type: CONVOLUTION",
        "~",
        "\x85",
    ]
    for _ in range(rng.randint(1, 5)):
        i, j, k = (rng.randrange(len(text) + 1) for _ in range(3))
        short = min(len(text), i + rng.randint(1, 30))
        text = rng.choice(
            [
                text[:i] + text[short:],
                text[:i] + rng.choice(pieces) + text[i:],
                text[:i] + text[i:short] * 3 + text[short:],
                text[:i] + text[k : k + 60] + text[i:],
                text[: max(i, j)],
            ]
        )
    return text


@pytest.mark.parametrize(
    "path",
    ["lenet_train_test.yaml", "lenet_solver.yaml", "alexnet_train_val.prototxt", "alexnet_solver.prototxt"],
)
def test_mutated_configs_raise_only_config_errors(path: str) -> None:
    config = PACKAGE / "configs" / path
    text, rng = config.read_text(), random.Random(path)
    parse = parse_solver if "solver" in path else parse_net
    refusals = 0
    for _ in range(400):
        try:
            parse(_mutated(rng, text), format="yaml" if path.endswith("yaml") else "prototxt", path=config)
        except ConfigError as error:
            refusals += len(str(error).encode()) > 20
    assert 200 < refusals < 400
