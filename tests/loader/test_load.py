from __future__ import annotations

import random
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader import Format, load_net, load_solver, parse_net, parse_solver
from layerzoo.loader.files import PACKAGE
from layerzoo.schema import TEST, TRAIN, NetParameter

SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nmax_iter: 100\n'
NET = """name: "net"
layer { name: "data" type: "Input" top: "x" include { phase: TRAIN } input_param { shape { dim: [2, 3] } } }
layer { name: "data" type: "Input" top: "x" include { phase: TEST } input_param { shape { dim: [5, 3] } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 4 } }
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path


def refused(text: str, format: Format = "prototxt") -> str:  # noqa: A002 (the word for it)
    with pytest.raises(ConfigError) as error:
        parse_net(text, format=format, path=Path(f"net.{format}"))
    return str(error.value)


def test_a_net_and_its_nodes(here: Path) -> None:
    document = load_net("net.prototxt")
    assert document.path == Path("net.prototxt")
    assert [layer.name for layer in document.message.layer] == ["data", "data", "ip"]
    assert [str(node.origin) for node in document.root.all("layer")] == [
        f"net.prototxt:{n}:1" for n in (2, 3, 4)
    ]
    assert (document.warnings, document.notes, document.nets) == ([], [], {})


def test_a_solver_and_the_net_it_names(here: Path) -> None:
    document = load_solver(here / "solver.prototxt")
    assert document.message.max_iter == 100
    (net,) = document.nets["net"]
    assert net.path == here / "net.prototxt"
    assert net.message.layer[2].inner_product_param.num_output == 4


def test_a_solver_s_net_is_found_beside_it_then_in_the_working_folder(here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "solver.prototxt").write_text(SOLVER)
    assert load_solver("sub/solver.prototxt").nets["net"][0].path == Path("net.prototxt")
    (here / "sub" / "net.prototxt").write_text(NET)
    assert load_solver("sub/solver.prototxt").nets["net"][0].path == Path("sub/net.prototxt")


def test_the_shipped_configs_are_found_from_any_folder(here: Path) -> None:
    document = load_solver("configs/lenet_solver.yaml", ["max_iter=7"])
    assert document.path == PACKAGE / "configs" / "lenet_solver.yaml"
    assert document.message.max_iter == 7
    assert document.nets["net"][0].message.name == "LeNet"


def test_several_nets_each_under_the_field_that_names_it(here: Path) -> None:
    nets = "train_net: 'net.prototxt' test_net: ['net.prototxt', 'net.prototxt']"
    document = parse_solver(nets + "test_net_param { name: 'inline' }")
    assert {key: [net.message.name for net in nets] for key, nets in document.nets.items()} == {
        "train_net": ["net"],
        "test_net": ["net", "net"],
        "test_net_param": ["inline"],
    }


def test_an_inline_net_is_a_part_of_its_solver() -> None:
    document = parse_solver("net_param {\n name: 'a'\n layer { name: 'x' type: 'ReLU' }\n}\nmax_iter: 1")
    (net,) = document.nets["net_param"]
    assert net.message == document.message.net_param
    assert [str(node.origin) for node in net.root.all("layer")] == ["<prototxt>:3:2"]


def test_old_formats_are_upgraded_with_a_note() -> None:
    document = parse_net("layers { name: 'r' type: RELU bottom: 'a' top: 'b' }")
    assert [layer.type for layer in document.message.layer] == ["ReLU"]
    assert len(document.notes) == 1
    solver = parse_solver("solver_type: ADAM net_param { layers { type: RELU } }")
    assert solver.message.type == "Adam"
    assert solver.nets["net_param"][0].message.layer[0].type == "ReLU"


@pytest.mark.parametrize(
    ("overrides", "outputs", "batches"),
    [
        (["net.layer[ip].inner_product_param.num_output=32"], 32, [2, 5]),
        (["layer[ip].inner_product_param.num_output=32"], 32, [2, 5]),
        (["layer[data,TEST].input_param.shape.dim=[7, 3]"], 4, [2, 7]),
        (
            ["layer[ip].inner_product_param.num_output=1", "layer[ip].inner_product_param.num_output=2"],
            2,
            [2, 5],
        ),
        (["layer[0].input_param={shape: {dim: [9, 3]}}"], 4, [9, 5]),
    ],
)
def test_overrides_of_a_net(here: Path, overrides: list[str], outputs: int, batches: list[int]) -> None:
    net = load_net("net.prototxt", overrides).message
    assert net.layer[2].inner_product_param.num_output == outputs
    assert [layer.input_param.shape[0].dim[0] for layer in net.layer[:2]] == batches


def test_overrides_of_a_solver_and_of_its_net(here: Path) -> None:
    overrides = [
        "base_lr=0.5",
        "type=Adam",
        "net.layer[ip].inner_product_param.num_output=32",
        "stepvalue=[1, 2]",
    ]
    document = load_solver("solver.prototxt", overrides)
    assert (document.message.base_lr, document.message.type) == (0.5, "Adam")
    assert list(document.message.stepvalue) == [1, 2]
    assert document.nets["net"][0].message.layer[2].inner_product_param.num_output == 32


def test_an_override_may_name_another_net(here: Path) -> None:
    (here / "other.yaml").write_text("name: other\n")
    assert load_solver("solver.prototxt", ["net=other.yaml"]).nets["net"][0].message.name == "other"


def test_net_reaches_all_nets_where_several_are_named(here: Path) -> None:
    (here / "two.prototxt").write_text("train_net: 'net.prototxt' test_net: 'net.prototxt'")
    document = load_solver("two.prototxt", ["net.name=x", "test_net[0].layer[ip].name=y"])
    train, test = document.nets["train_net"][0].message, document.nets["test_net"][0].message
    assert (train.name, test.name, train.layer[2].name, test.layer[2].name) == ("x", "x", "ip", "y")


def test_overrides_speak_of_today_s_format_and_of_old_ones() -> None:
    text = (
        "layers { name: 'ip' type: INNER_PRODUCT bottom: 'a' top: 'b' inner_product_param { num_output: 1 } }"
    )
    net = parse_net(text, ["layer[ip].inner_product_param.num_output=5"]).message
    assert net.layer[0].inner_product_param.num_output == 5
    assert parse_solver("max_iter: 1", ["solver_type=ADAM"]).message.type == "Adam"


def test_a_fault_in_an_override_points_at_the_argument(here: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_solver(
            "solver.prototxt", ["base_lr=fast", "net.layer[ip].inner_product_param.num_ouput=5", "max_itr=5"]
        )
    assert str(error.value) == (
        "-set:1:9: 'base_lr' takes a number, not 'fast'\n"
        "     1 | base_lr=fast\n"
        "       |         ^^^^\n"
        "-set:1:1: unknown field 'max_itr' in a solver\n"
        "     1 | max_itr=5\n"
        "       | ^^^^^^^\n"
        "    did you mean 'max_iter'?\n"
        "-set:1:35: unknown field 'num_ouput' in 'inner_product_param' (layer 'ip')\n"
        "     1 | net.layer[ip].inner_product_param.num_ouput=5\n"
        "       |                                   ^^^^^^^^^\n"
        "    did you mean 'num_output'?"
    )


def test_malformed_arguments_are_told_all_at_once(here: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_solver("solver.prototxt", ["base-lr=1", "max_iter"])
    assert len(error.value.faults) == 2


def test_an_override_of_a_net_that_is_not_named() -> None:
    with pytest.raises(ConfigError, match="the solver names no 'net'"):
        parse_solver("max_iter: 1", ["net.name=x"])


def test_a_missing_net_is_told_where_it_is_named(here: Path) -> None:
    (here / "solver.prototxt").write_text('base_lr: 0.1\nnet: "sub/nett.prototxt"\nmomentun: 0.9')
    with pytest.raises(ConfigError) as error:
        load_solver("solver.prototxt")
    first, second = error.value.faults
    assert str(first.origin) == "solver.prototxt:2:6"
    assert first.message == "no file 'sub/nett.prototxt'"
    assert first.hint is not None
    assert "did you mean 'net.prototxt'" in first.hint
    assert (str(second.origin), second.hint) == ("solver.prototxt:3:1", "did you mean 'momentum'?")


def test_faults_of_a_solver_and_its_net_are_told_together(here: Path) -> None:
    (here / "net.prototxt").write_text(NET + "layr { }\n")
    (here / "solver.prototxt").write_text(SOLVER + "bse_lr: 1")
    with pytest.raises(ConfigError) as error:
        load_solver("solver.prototxt")
    assert [str(f.origin) for f in error.value.faults] == ["solver.prototxt:4:1", "net.prototxt:5:1"]


def test_binary_named_as_a_net_is_told_where_it_is_named(here: Path) -> None:
    (here / "net.prototxt").write_bytes(b"\n\x03net\xa2\x06\x00")
    with pytest.raises(ConfigError, match=r"solver\.prototxt:1:6: .*net\.prototxt: binary"):
        load_solver("solver.prototxt")


def test_a_net_for_a_solver_and_a_solver_for_a_net(here: Path) -> None:
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
    ("text", "format", "told"),
    [
        ("name: a\nlayer:\n  - name: b\n", "prototxt", "this looks like YAML, but was read as prototxt"),
        ('name: "a"\nlayer {\n  name: "b"\n}\n', "yaml", "this looks like prototxt, but was read as YAML"),
        ("# nothing\n", "prototxt", "empty but for comments"),
        ("# nothing\n", "yaml", "empty but for comments"),
    ],
)
def test_a_text_that_is_not_what_its_name_says(text: str, format: Format, told: str) -> None:  # noqa: A002
    assert told in refused(text, format)


def test_lenient_loading_warns_and_goes_on(here: Path) -> None:
    (here / "net.prototxt").write_text(NET + "layer { type: 'ReLU' nobodys_param { x: 1 } }")
    document = load_net("net.prototxt", lenient=True)
    assert [w.message for w in document.warnings] == ["unknown field 'nobodys_param' in a layer"]
    assert document.message.layer[3].type == "ReLU"
    assert load_solver("solver.prototxt", lenient=True).nets["net"][0].warnings
    (here / "net.prototxt").write_text(NET + "layer { type: 5 }")
    with pytest.raises(ConfigError):
        load_net("net.prototxt", lenient=True)


def test_faults_may_be_taken_instead_of_raised() -> None:
    faults: list[Fault] = []
    document = parse_net('name: 5\nlayer { type: "ReLU" oops: 1 }', faults=faults)
    assert [f.message for f in faults] == [
        "'name' takes a text in quotes, not '5'",
        "unknown field 'oops' in a layer",
    ]
    assert document.message.layer[0].type == "ReLU"


def test_a_byte_order_mark_and_crlf_change_nothing(here: Path) -> None:
    (here / "bom.prototxt").write_bytes(b"\xef\xbb\xbf" + NET.replace("\n", "\r\n").encode())
    assert load_net("bom.prototxt").message == load_net("net.prototxt").message


def test_a_comment_in_another_encoding_changes_nothing(here: Path) -> None:
    (here / "gbk.prototxt").write_bytes("# 网络\n".encode("gbk") + NET.encode())
    assert load_net("gbk.prototxt").message == load_net("net.prototxt").message
    (here / "gbk.prototxt").write_bytes('name: "网络"\nforce_backward: true'.encode("gbk"))
    with pytest.raises(ConfigError, match="the text of 'name' is not UTF-8"):
        load_net("gbk.prototxt")
    (here / "gbk.yaml").write_bytes("# ok\nname: 网络".encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk\.yaml:2:7: byte 0x.. is not UTF-8"):
        load_net("gbk.yaml")


def test_yaml_and_prototxt_of_one_net_are_the_same_message() -> None:
    text = """
name: on
layer:
  - {name: 1:30, type: Pooling, bottom: data, top: [null_, "null"], pooling_param: {pool: AVE, pad: 3}}
  - name: '0777'
    phase: TEST
    include: [{phase: TRAIN, stage: [a, b]}, {min_level: 1}]
    loss_weight: 1e-4
"""
    expected = NetParameter(name="on")
    one = expected.layer.add(name="1:30", type="Pooling", bottom=["data"], top=["null_", "null"])
    one.pooling_param.pool = one.pooling_param.AVE
    one.pooling_param.pad = 3
    two = expected.layer.add(name="0777", phase=TEST, loss_weight=[1e-4])
    two.include.add(phase=TRAIN, stage=["a", "b"])
    two.include.add(min_level=1)
    assert parse_net(text).message == expected


def test_ten_faults_in_one_prototxt() -> None:
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


def test_ten_faults_in_one_yaml() -> None:
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
    ("text", "told"),
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
            "net.prototxt:3:37: 'num_output' takes a whole number (uint32), not 'cls3x' (layer 'ip')\n"
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
            "net.prototxt:3:27: unknown escape '\\d' in a text\n"
            '     3 |   data_param { source: "C:\\data" }\n'
            "       |                           ^^\n"
            "    a backslash is written \\\\; folders may be separated by /",
        ),
    ],
)
def test_what_the_user_sees(text: str, told: str) -> None:
    assert refused(text) == told


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
def test_no_mutation_of_a_config_raises_anything_but_a_config_error(path: str) -> None:
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
