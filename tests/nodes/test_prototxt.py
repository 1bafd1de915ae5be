from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import Fault
from layerzoo.nodes import MAX_DEPTH, MAX_FAULTS, Node, prototxt
from layerzoo.source import Source
from tests.nodes.trees import Plain, places, plain


def read(text: str) -> tuple[Plain, list[Fault]]:
    faults: list[Fault] = []
    return plain(prototxt.read(Source("x", text), faults)), faults


def good(text: str) -> Plain:
    tree, faults = read(text)
    assert not faults, faults[0]
    return tree


def told(text: str) -> list[tuple[int, int, str]]:
    return places(read(text)[1])


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", []),
        ("# only a comment", []),
        ("a: 1", [("a", "1")]),
        ("a:1 b:2", [("a", "1"), ("b", "2")]),
        ("a: 1, b: 2; c: 3;", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("a: 1\r\nb: 2\r\n", [("a", "1"), ("b", "2")]),
        ("a { b: 1 }", [("a", [("b", "1")])]),
        ("a: { b: 1 }", [("a", [("b", "1")])]),
        ("a\n{\nb: 1\n}", [("a", [("b", "1")])]),
        ("a < b: 1 c < > >", [("a", [("b", "1"), ("c", [])])]),
        ("a{}b{}", [("a", []), ("b", [])]),
        ("a: [1, 2 , 3]", [("a", "1"), ("a", "2"), ("a", "3")]),
        ("a: [1, 2,]", [("a", "1"), ("a", "2")]),
        ("a: []", []),
        ("a [ { b: 1 }, < b: 2 > ] c: 3", [("a", [("b", "1")]), ("a", [("b", "2")]), ("c", "3")]),
        ("a: ['x' \"y\", 'z']", [("a", '"xy"'), ("a", '"z"')]),
        ("a: 'x'\n  # between\n  \"y\" 'z' b: 1", [("a", '"xyz"'), ("b", "1")]),
        ("a: # after the colon\n 5", [("a", "5")]),
        ("a # before the colon\n : 5", [("a", "5")]),
        ("a # before the brace\n { }", [("a", [])]),
        ("a: - 5 b: -\t.5", [("a", "-5"), ("b", "-.5")]),
        (
            "a: -inf b: 1.5e-3f c: 0x1F d: .5 e: 5.",
            [("a", "-inf"), ("b", "1.5e-3f"), ("c", "0x1F"), ("d", ".5"), ("e", "5.")],
        ),
        ("a: MAX b: true", [("a", "MAX"), ("b", "true")]),
        ("a: # a comment\n MAX b: true", [("a", "MAX"), ("b", "true")]),
        ("a: '#{[<'", [("a", '"#{[<"')]),
        ("a:1#comment\nb:2", [("a", "1"), ("b", "2")]),
        ("a: 1 # \udcd6\udcd0 in a comment of another encoding", [("a", "1")]),
    ],
)
def test_syntax_of_text_format_is_read(text: str, tree: Plain) -> None:
    assert good(text) == tree


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\n\t\r\\\'\"\a\b\f\v\?", "\n\t\r\\'\"\a\b\f\v?"),
        (r"\101\x41\X41\0", "AAA\0"),
        (r"\u00fc\U0001F600", "ü😀"),
        (r"\303\274", "ü"),
        ("ü", "ü"),
        (r"\377", "\udcff"),
        (r"\7\08", "\a\x008"),
    ],
)
def test_escapes_are_replaced(written: str, meant: str) -> None:
    assert good(f"a: '{written}'") == [("a", f'"{meant}"')]


def test_nodes_have_positions_of_keys_and_values() -> None:
    root = prototxt.read(Source("x", 'a {\n  bc:  "de"\n  f: [ 1, 22 ]\n}'), [])
    nodes = [node for node in root.walk() if node.key]
    assert [(str(n.origin), str(n.value_origin), n.listed) for n in nodes] == [
        ("x:1:1", "x:1:3", False),
        ("x:2:3", "x:2:8", False),
        ("x:3:3", "x:3:8", True),
        ("x:3:3", "x:3:11", True),
    ]
    assert (nodes[1].origin.length, nodes[1].value_origin.length) == (2, 4)


@pytest.mark.parametrize(
    ("text", "tree", "faults"),
    [
        ("a 5\nb: 1", [("a", "5"), ("b", "1")], [(1, 1, "a ':' is missing after 'a'")]),
        ("a 'x'\nb: 1", [("a", '"x"'), ("b", "1")], [(1, 1, "a ':' is missing after 'a'")]),
        ("a = 5\nb: 1", [("a", "5"), ("b", "1")], [(1, 3, "'=' after 'a'")]),
        ("a=5\nb: 1", [("a", "5"), ("b", "1")], [(1, 2, "'=' after 'a'")]),
        ("a:\nb: 1", [("b", "1")], [(1, 1, "'a' has no value")]),
        ("a\nb: 1", [("b", "1")], [(1, 1, "'a' has no value")]),
        ("a: }", [], [(1, 1, "'a' has no value"), (1, 4, "unmatched '}'")]),
        ("a:", [], [(1, 1, "'a' has no value")]),
        ("a", [], [(1, 1, "'a' has no value")]),
        ("a: 'x\nb: 1", [("a", '"x"'), ("b", "1")], [(1, 4, "this string has no closing '")]),
        ('a: "x\\"\nb: 1', [("a", '"x""'), ("b", "1")], [(1, 4, 'this string has no closing "')]),
        (r"a: 'C:\data'", [("a", r'"C:\data"')], [(1, 7, r"unknown escape '\d' in a string")]),
        ("a { b: 1 >", [("a", [("b", "1")])], [(1, 10, "'>' closes the message of line 1; expected '}'")]),
        ("a: 1 } b: 2", [("a", "1"), ("b", "2")], [(1, 6, "unmatched '}'")]),
        ("a { b: 1", [("a", [("b", "1")])], [(1, 1, "'a' is never closed")]),
        ("a: [1, 2\nb: 3", [("a", "1"), ("a", "2"), ("b", "3")], [(1, 4, "this '[' is never closed")]),
        ("a: [1 2]", [("a", "1"), ("a", "2")], [(1, 7, "a ',' is missing between the values of a list")]),
        ("a: [1", [("a", "1")], [(1, 4, "this '[' is never closed")]),
        (
            "a: [[1]]",
            [("a", "1")],
            [(1, 5, "expected a value or ']', found '['")],
        ),
        ("{ a: 1 } b: 2", [("b", "2")], [(1, 1, "a field name is missing before '{'")]),
        ("5: a\nb: 2", [("b", "2")], [(1, 1, "expected a field name, found '5'")]),
        ("a: 0,1 b: 2", [("a", "0"), ("b", "2")], [(1, 6, "expected a field name, found '1'")]),
        (
            "[ext.ension]: 5\nb: 2",
            [("ext", ".ension"), ("b", "2")],
            [(1, 1, "expected a field name, found '['")],
        ),
        ("'x' b: 2", [("b", "2")], [(1, 1, "expected a field name, found \"'x'\"")]),
        ("a:: 5", [("a", "5")], [(1, 3, "a second ':' after 'a'")]),
    ],
)
def test_faults_are_reported_and_reading_continues(
    text: str, tree: Plain, faults: list[tuple[int, int, str]]
) -> None:
    assert told(text) == faults
    assert read(text)[0] == tree


def test_missing_brace_keeps_the_layers_after_it() -> None:
    text = "name: 'x'\nlayer {\n  p { q: 1\n}\nlayer { name: 'b' }\nlayer { name: 'c' }\n"
    tree, faults = read(text)
    assert [key for key, _ in tree] == ["name", "layer", "layer", "layer"]
    assert tree[2:] == [("layer", [("name", '"b"')]), ("layer", [("name", '"c"')])]
    assert [(f.message, str(f.origin)) for f in faults] == [("'layer' is never closed", "x:2:1")]


def test_junk_is_reported_once_a_line() -> None:
    assert [line for line, _, _ in told("! ! ! : : ]\na: 1\n? ? ?")] == [1, 3]


def test_reading_stops_at_the_depth_limit() -> None:
    text = "a {" * 10_000
    faults = read(text)[1]
    assert [f.message for f in faults] == [f"nested more than {MAX_DEPTH} levels deep, the limit"]
    assert not read("a {" * MAX_DEPTH + "}" * MAX_DEPTH)[1]


@pytest.mark.parametrize("piece", ["a:1 ", "[", "a:[", "]", ",", "} ", "'' ", "a "])
def test_reading_stops_at_the_limit_of_fields(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prototxt, "MAX_NODES", 2000)
    faults = read(piece * 2100)[1]
    assert 1 <= len(faults) <= MAX_FAULTS + 1


def test_reading_stops_at_the_limit_of_faults() -> None:
    faults = read("a 1\n" * 1000)[1]
    assert len(faults) == MAX_FAULTS + 1
    assert faults[-1].message == f"more than {MAX_FAULTS} faults; the rest was not read"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 3_000_000,
        "\n" * 3_000_000 + "}",
        "#" * 3_000_000,
        '"' * 300_001,
        "a:" + " " * 3_000_000,
        "\\" * 1_000_000,
    ],
)
def test_large_texts_without_fields_are_read_in_linear_time(text: str) -> None:
    tree, faults = read(text)
    assert tree == []
    assert len(faults) <= 2


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("5", [("k", "5")]),
        ("'a b'", [("k", '"a b"')]),
        ("[1, 2]", [("k", "1"), ("k", "2")]),
        ("{type: xavier, std: 0.1}", [("k", [("type", "xavier"), ("std", "0.1")])]),
    ],
)
def test_read_value_reads_one_value(text: str, nodes: Plain) -> None:
    faults: list[Fault] = []
    source = Source("-set", f"k={text}")
    found = prototxt.read_value(source, "k", 0, 2, faults)
    assert not faults
    assert plain(Node("", None, found, source)) == nodes


def test_read_value_refuses_several_values() -> None:
    faults: list[Fault] = []
    prototxt.read_value(Source("-set", "k={} b: 3"), "k", 0, 2, faults)
    assert [f.message for f in faults] == ["more than one value"]


def test_message_that_is_open_at_the_limit_of_faults_is_no_traceback(data: Path) -> None:
    text = (data / "findings" / "hostile" / "toomuch.prototxt").read_text("utf-8")
    faults: list[Fault] = []
    prototxt.read(Source("x", text), faults)
    assert len(faults) == MAX_FAULTS + 1
    assert faults[-2].message == "'layer' is never closed"
    assert faults[-1].message == f"more than {MAX_FAULTS} faults; the rest was not read"
