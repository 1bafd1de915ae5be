"""Faults and warnings of a text in an editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.editor.diagnostics import Diagnostic, diagnostics
from layerzoo.editor.parsed import parse
from tests.editor.texts import PROTOTXT, YAML


def marked(text: str, path: Path | None = None) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.message) for one in diagnostics(parse(text, path))]


@pytest.mark.parametrize("text", [PROTOTXT, YAML], ids=["prototxt", "yaml"])
def test_right_net_has_no_faults(text: str) -> None:
    assert marked(text) == []


def test_all_faults_of_text_and_wiring_are_marked() -> None:
    text = PROTOTXT.replace("kernel_size: 3", "kernel_siz: 3").replace(
        'bottom: "conv" top: "pool"', 'bottom: "cnv" top: "pool"'
    )
    found = marked(text)
    assert [word for word, _ in found] == ["kernel_siz", '"cnv"']
    assert "unknown field 'kernel_siz'" in found[0][1]
    assert "did you mean" in found[1][1]


def test_syntax_fault_is_marked() -> None:
    ((word, message),) = marked(PROTOTXT.rstrip().removesuffix("}"))
    assert word == "layer"
    assert message.startswith("'layer' is never closed")


def test_warning_is_a_warning() -> None:
    text = PROTOTXT.replace('type: "ReLU"', 'type: "ReLU" lrn_param { alpha: 1 }')
    (one,) = diagnostics(parse(text))
    assert one.is_warning
    assert text[one.start : one.end].startswith("lrn_param")


def test_faults_of_a_solver_and_of_its_net(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text(PROTOTXT.replace("num_output", "nm_output"))
    text = 'net: "n.prototxt"\nbase_lr: 0.1\nlr_policy: "stp"\nmax_iter: 1\n'
    found = marked(text, tmp_path / "s.prototxt")
    assert [word for word, _ in found] == ['"n.prototxt"', '"n.prototxt"', '"stp"'] or [
        word for word, _ in found
    ] == ['"n.prototxt"', '"stp"']
    assert "n.prototxt:9:" in found[0][1]
    assert "nm_output" in found[0][1]


def test_missing_net_of_a_solver_is_marked(tmp_path: Path) -> None:
    text = 'net: "none.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 1\n'
    found = marked(text, tmp_path / "s.prototxt")
    assert found[0][0] == '"none.prototxt"'
    assert found[0][1].startswith("no file 'none.prototxt'")


@pytest.mark.parametrize("text", ["", "  \n", "item { name: 'a' label: 1 }"])
def test_nothing_and_label_maps_have_no_faults(text: str) -> None:
    assert marked(text) == []


def test_comments_alone_are_reported_without_a_place() -> None:
    (one,) = diagnostics(parse("# c\n"))
    assert isinstance(one, Diagnostic)
    assert "only comments" in one.message


BLOCK = """\
subnet {
  name: "block"
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "a" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_outpt: 2 } }
}
"""
CALL = """\
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "c" type: "Call" bottom: "x" top: "y" subnet_param { net: "block" } }
"""


def test_fault_in_a_block_is_marked_in_the_block() -> None:
    ((word, message),) = marked(BLOCK + CALL)
    assert word == "num_outpt"
    assert "in block 'block', called at <text>:7:1" in message


def test_fault_in_a_block_of_another_file_is_marked_at_its_use(tmp_path: Path) -> None:
    (tmp_path / "b.prototxt").write_text(BLOCK)
    text = f'include: "b.prototxt"\n{CALL}'
    (one,) = diagnostics(parse(text, tmp_path / "a.prototxt"))
    assert one.start == text.index('layer { name: "c"')
    assert "b.prototxt:4:" in one.message
    assert "unknown field 'num_outpt'" in one.message


def test_fault_in_an_expression_is_marked_in_it() -> None:
    text = CALL.replace("dim: 3", "dim: ${2 * n}") + BLOCK.replace("num_outpt", "num_output")
    assert [word for word, _ in marked(text)] == ["n"]
