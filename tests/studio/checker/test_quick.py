"""Answers that need no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, UsageError
from layerzoo.studio.checker import quick

NET = 'name: "😀"\nlayer { name: "a" type: "Convolution" }\n'


def test_completion_puts_names_that_begin_with_the_word_first() -> None:
    text = 'layer { type: "Norm'
    answer = quick.complete(text, len(text), "net.prototxt")
    labels = [item["label"] for item in answer["items"]]
    assert (answer["start"], answer["end"]) == (15, 19)
    assert labels[0].startswith("Norm")
    assert "BatchNorm" in labels
    assert "Convolution" not in labels


def test_completion_counts_as_browsers_do() -> None:
    text = NET + 'layer { type: "Soft'
    answer = quick.complete(text, len(text) + 1, "net.prototxt")
    assert answer["start"] == text.rindex("Soft") + 1


def test_comments_have_no_completion() -> None:
    assert quick.complete("# la", 4, "net.prototxt") == {"start": 4, "end": 4, "items": []}


def test_explanation_of_a_type_and_of_nothing() -> None:
    at = NET.index("Convolution") + 3
    answer = quick.explanation(NET, at + 1, "net.prototxt")
    assert answer is not None
    assert "convolution_param" in answer["text"]
    assert answer["start"] == NET.index('"Convolution') + 1
    assert quick.explanation("\n\n", 1, "net.prototxt") is None


def test_explain_layout_and_mistakes() -> None:
    assert "lr_policy" in quick.explain_name("lr_policy")
    with pytest.raises(UsageError, match="Convolution"):
        quick.explain_name("Convoluton")
    assert quick.layout("layer{name:'a'}", "net.prototxt") == 'layer { name: "a" }\n'
    with pytest.raises(ConfigError):
        quick.layout("layer {", "net.prototxt")


def test_differences_by_meaning_and_by_lines(tmp_path: Path) -> None:
    old, new = tmp_path / "old.prototxt", tmp_path / "new.prototxt"
    old.write_text(NET)
    new.write_text(NET.replace('"a"', '"b"'))
    found = quick.differences(str(old), str(new), "old", "new")
    assert not found["equal"]
    assert any("renamed" in line for line in found["lines"])
    assert found["text"][:2] == ["--- old", "+++ new"]
    new.write_text("# the same\n" + NET)
    assert quick.differences(str(old), str(new), "old", "new")["equal"]


def test_it_loads_without_torch() -> None:
    code = (
        "import sys; from layerzoo.studio.checker import quick; quick.load(); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
