"""Text of faults, order and number of faults, similar names."""

from __future__ import annotations

import pytest

from layerzoo.errors import MAX_SHOWN_FAULTS, ConfigError, Fault, did_you_mean, nearest
from layerzoo.source import Origin, Source


def test_fault_shows_position_line_caret_layer_and_hint() -> None:
    source = Source("net.prototxt", 'layer {\n  typ: "ReLU"\n}')
    fault = Fault("unknown field 'typ' in a layer", Origin(source, 10, 3), "did you mean 'type'?", "relu1")
    assert str(fault) == (
        "net.prototxt:2:3: unknown field 'typ' in a layer (layer 'relu1')\n"
        '     2 |   typ: "ReLU"\n'
        "       |   ^^^\n"
        "    did you mean 'type'?"
    )


def test_fault_shortens_a_long_line_around_the_caret() -> None:
    source = Source("x", "a" * 500 + "HERE" + "b" * 500)
    _, line, caret = str(Fault("wrong", Origin(source, 500, 4))).split("\n")
    assert len(line) < 180
    assert line[caret.index("^") : caret.index("^") + 4] == "HERE"
    assert caret.count("^") == 4


def test_fault_escapes_control_characters() -> None:
    source = Source("x", "\x1b[31mred\udc80")
    shown = str(Fault("found '\x1b]0;title\x07\udc80'", Origin(source, 0)))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.encode()
    assert r"\x1b]0;title\x07\x80" in shown


def test_fault_shortens_a_long_message() -> None:
    assert len(str(Fault("x" * 10_000))) < 1000


def test_config_error_counts_the_faults_that_it_does_not_show() -> None:
    error = ConfigError([Fault(f"fault {i}") for i in range(MAX_SHOWN_FAULTS + 7)])
    assert str(error).endswith("... and 7 more faults")
    assert len(error.faults) == MAX_SHOWN_FAULTS + 7


@pytest.mark.parametrize(
    ("name", "near"),
    [("num_ouput", ["num_output"]), ("NumOutput", ["num_output"]), ("zzz", []), ("num_output" * 100_000, [])],
)
def test_nearest_ignores_case_and_underscores(name: str, near: list[str]) -> None:
    assert nearest(name, ["num_output", "kernel_size"]) == near


def test_did_you_mean_is_none_without_names() -> None:
    assert did_you_mean([]) is None
    assert did_you_mean(["a", "b"]) == "did you mean 'a' or 'b'?"
