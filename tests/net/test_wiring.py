"""Graphs of net configs: states, faults and warnings of the whole config, paths beside the config."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.loader.files import PACKAGE
from layerzoo.net import graph_of, log_unread
from layerzoo.schema import TEST, TRAIN, NetState

NET = """
name: "n"
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" include { phase: TRAIN } }
layer { name: "s" type: "Sigmoid" bottom: "x" top: "y" include { phase: TEST stage: "deploy" } }
"""
LIST = """
layer { name: "d" type: "ImageData" top: "x" top: "t" image_data_param { source: "list.txt" batch_size: 1 } }
"""


def layers(graph: Graph) -> list[str]:
    return [layer.name for layer in graph.layers]


def source_of(graph: Graph) -> str:
    return graph.layers[0].param.image_data_param.source


def messages(error: ConfigError) -> list[str]:
    return [fault.message for fault in error.faults]


def test_graph_of_filters_layers_by_state(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text(NET)
    document = parse_net(NET)
    for source in (tmp_path / "n.prototxt", str(tmp_path / "n.prototxt"), document, document.message):
        assert layers(graph_of(source, NetState(phase=TRAIN))) == ["in", "r"]
        assert layers(graph_of(source, NetState(phase=TEST, stage=["deploy"]))) == ["in", "s"]
        assert layers(graph_of(source, NetState(phase=TEST))) == ["in"]


def test_graph_of_raises_faults_of_text_and_wiring_in_text_order() -> None:
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "a" type: "ReLU" bottom: "missing" top: "a" }
layer { name: "b" type: "ReLU" bottom: "x" top: "b" relu_param { slope: 1 } }
layer { name: "c" type: "Nonsense" bottom: "x" top: "c" }
"""
    found: list[Fault] = []
    document = parse_net(text, faults=found)
    assert len(found) == 1, "loading finds the unknown field"
    with pytest.raises(ConfigError) as raised:
        graph_of(document, NetState(phase=TEST), faults=found)
    lines = [
        fault.origin.source.position(fault.origin.offset)[0] for fault in raised.value.faults if fault.origin
    ]
    assert lines == [2, 3, 4]
    assert found == [raised.value.faults[1]], "the list of the caller is left unchanged"


def test_graph_of_does_not_report_consequences_of_a_fault_in_the_text() -> None:
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: many } }
layer { name: "r" type: "ReLU" bottom: "y" top: "z" }
"""
    found: list[Fault] = []
    document = parse_net(text, faults=found)
    with pytest.raises(ConfigError) as raised:
        graph_of(document, NetState(phase=TEST), faults=found)
    assert list(raised.value.faults) == found
    assert len(found) == 1
    with pytest.raises(ConfigError) as raised:
        graph_of(document, NetState(phase=TEST))
    assert any("num_output" in message for message in messages(raised.value)), (
        "without the fault it is missing"
    )


@pytest.mark.parametrize("included", [False, True], ids=["same file", "included"])
def test_graph_of_does_not_report_consequences_of_a_fault_in_a_block(tmp_path: Path, included: bool) -> None:
    block = (
        'subnet { name: "b" arg { name: "n" }\n'
        'layer { name: "x" type: "Input" top: "x" }\n'
        'layer { name: "a" type: "InnerProduct" bottom: "x" top: "y"\n'
        "inner_product_param { num_output: ${n} } }\n"
        "}\n"
    )
    use = 'layer { name: "%s" type: "Call" bottom: "x" top: "%s" subnet_param { net: "b" with { n: %s } } }\n'
    text = NET + use % ("good", "p", "2") + use % ("bad", "q", "2.5")
    (tmp_path / "b.prototxt").write_text(block)
    text = f'include: "b.prototxt"\n{text}' if included else text + block
    faults: list[Fault] = []
    document = parse_net(text, path=tmp_path / "net.prototxt", faults=faults)
    with pytest.raises(ConfigError) as error:
        graph_of(document, NetState(phase=TEST), faults=faults)
    assert [fault.layer for fault in error.value.faults] == ["bad/a"]
    assert "2.5" in error.value.faults[0].message


def test_graph_of_stub_leaves_out_unknown_layers_and_warns_of_unknown_fields(tmp_path: Path) -> None:
    path = tmp_path / "n.prototxt"
    path.write_text(NET + 'layer { name: "u" type: "Nonsense" bottom: "x" top: "u" nonsense_param { a: 1 } }')
    graph = graph_of(path, NetState(phase=TRAIN), unknown="stub")
    assert layers(graph) == ["in", "r"]
    assert [name for name, _ in graph.skipped] == ["u"]
    assert "nonsense_param" in graph.warnings[0].message
    with pytest.raises(ConfigError, match="nonsense_param"):
        graph_of(path, NetState(phase=TRAIN))


def test_graph_of_finds_paths_beside_the_config_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    config = tmp_path / "configs" / "n.prototxt"
    config.write_text(LIST)
    state = NetState(phase=TRAIN)
    for folder in ("work", "configs"):
        (tmp_path / folder / "list.txt").write_text("a.png 0\n")
        wanted = {"work": "list.txt", "configs": str(tmp_path / "configs" / "list.txt")}[folder]
        assert source_of(graph_of(config, state, unshaped=[0])) == wanted


def test_graph_of_finds_shipped_files_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = parse_net(LIST.replace("list.txt", "lenet_solver.yaml"))
    state = NetState(phase=TRAIN)
    shipped = str(PACKAGE / "configs" / "lenet_solver.yaml")
    assert source_of(graph_of(document, state, unshaped=[0])) == shipped
    document = parse_net(LIST.replace("list.txt", "lenet_solver.yaml"))
    (tmp_path / "lenet_solver.yaml").touch()
    assert source_of(graph_of(document, state, unshaped=[0])) == "lenet_solver.yaml"


def test_log_unread_warns_about_each_unread_field(caplog: pytest.LogCaptureFixture) -> None:
    text = NET.replace('top: "y" include { phase: TRAIN }', 'top: "y" dropout_param { dropout_ratio: 0.1 }')
    graph = graph_of(parse_net(text), NetState(phase=TRAIN))
    with caplog.at_level(logging.WARNING):
        log_unread(graph)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "'dropout_param' in a layer of type 'ReLU'" in caplog.text
