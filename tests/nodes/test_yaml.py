from __future__ import annotations

import pytest

from layerzoo.errors import Fault
from layerzoo.nodes import MAX_DEPTH, yaml
from layerzoo.source import Source
from tests.nodes.trees import Plain, places, plain


def read(text: str) -> tuple[Plain, list[Fault]]:
    faults: list[Fault] = []
    return plain(yaml.read(Source("x", text, bare_strings=True), faults)), faults


def good(text: str) -> Plain:
    tree, faults = read(text)
    assert not faults, faults[0]
    return tree


def told(text: str) -> list[tuple[int, int, str]]:
    return places(read(text)[1])


@pytest.fixture(params=["libyaml", "pure"])
def _each_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure":
        monkeypatch.setattr(yaml, "_PARSER", yaml.yaml.SafeLoader)


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: 1", [("a", "1")]),
        ("---\na: 1\n...\n", [("a", "1")]),
        ("a: [1, 2]", [("a", "1"), ("a", "2")]),
        ("a:\n- 1\n- 2\n", [("a", "1"), ("a", "2")]),
        ("a: []", []),
        ("a: {}", [("a", [])]),
        ("a:\n  b: 1\nc: 2", [("a", [("b", "1")]), ("c", "2")]),
        ("a:\n  - b: 1\n  - {}\n  - c: 2", [("a", [("b", "1")]), ("a", []), ("a", [("c", "2")])]),
        ("a: 'x'\nb: \"y\\n\"\nc: |\n  z\n", [("a", '"x"'), ("b", '"y\n"'), ("c", '"z\n"')]),
        ('{"a": [1], "b": {"c": "d"}}', [("a", "1"), ("b", [("c", '"d"')])]),
        ("'a': 1", [("a", "1")]),
        ("a: 1 # comment\r\nb: 2\r\n", [("a", "1"), ("b", "2")]),
        ("", []),
        ("# comment", []),
    ],
)
def test_syntax_of_yaml_is_read(text: str, tree: Plain) -> None:
    assert good(text) == tree


@pytest.mark.parametrize(
    "scalar", ["1e-4", "on", "no", "0777", "1:30", "5e8", "1_000", "2001-01-01", ".5", "=", "yes"]
)
def test_scalars_stay_as_written(scalar: str) -> None:
    assert good(f"a: {scalar}") == [("a", scalar)]


@pytest.mark.usefixtures("_each_parser")
def test_nodes_have_positions_of_keys_and_values() -> None:
    root = yaml.read(Source("x", "ü:\n  - bc:  'de'\n    f: [1, 22]\n"), [])
    nodes = [node for node in root.walk() if node.key]
    assert [(str(n.origin), str(n.value_origin), n.listed) for n in nodes] == [
        ("x:2:5", "x:2:5", True),
        ("x:2:5", "x:2:10", False),
        ("x:3:9", "x:3:9", True),
        ("x:3:12", "x:3:12", True),
    ]


def test_alias_copies_the_nodes_of_its_anchor() -> None:
    tree = good("a: &x {b: 1, c: &l [2, 3]}\nd: *x\ne: [*x]\nf: *l\n&k g: &s 4\nh: [*s, *s]")
    inside = [("b", "1"), ("c", "2"), ("c", "3")]
    assert tree == [
        ("a", inside),
        ("d", inside),
        ("e", inside),
        ("f", "2"),
        ("f", "3"),
        ("g", "4"),
        ("h", "4"),
        ("h", "4"),
    ]


def test_copies_are_not_shared() -> None:
    root = yaml.read(Source("x", "a: &x {b: {c: 1}}\nd: *x"), [])
    a, d = root.children or ()
    changed = d.find("b.c")
    assert changed is not None
    changed.text = "2"
    assert plain(a) == [("b", [("c", "1")])]


def test_fault_in_an_alias_points_at_the_anchor() -> None:
    root = yaml.read(Source("x", "a: &x\n  b: 1\nd: *x"), [])
    d = root.first("d")
    assert d is not None
    assert (str(d.origin), str(d.find("b").origin)) == ("x:3:1", "x:2:3")  # type: ignore[union-attr] # it is there


def test_merge_keys_add_fields_and_own_fields_win() -> None:
    text = "base: &b {x: 1, y: [2, 3]}\nmore: &m {y: 5, z: 6}\nown: {<<: *b, x: 9}\nboth: {<<: [*b, *m]}\n"
    assert good(text)[2:] == [
        ("own", [("y", "2"), ("y", "3"), ("x", "9")]),
        ("both", [("x", "1"), ("y", "2"), ("y", "3"), ("z", "6")]),
    ]


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a: 1\nb: 2\na: 3", [(3, 1, "'a' is given twice")]),
        ("a: {b: 1, b: 2}\nc: 1\nc: 2", [(1, 11, "'b' is given twice"), (3, 1, "'c' is given twice")]),
        (
            "a:\nb: ~\nc: null\nd: [1, ]\n",
            [(1, 1, "'a' has no value"), (2, 4, "'~' is not a value"), (3, 4, "'null' is not a value")],
        ),
        ("a:\n -\n - 1", [(2, 3, "an empty element of a list")]),
        ("a: [[1], 2]\nb: 1\nb: 2", [(1, 5, "a list inside a list"), (3, 1, "'b' is given twice")]),
        (
            "? [a, b]\n: {c: 1}\nd: 1\nd: 2",
            [(1, 3, "a key must be a name, not a list or mapping"), (4, 1, "'d' is given twice")],
        ),
        ("? {a: {b: [1]}}\n: c\nd: 1", [(1, 3, "a key must be a name, not a list or mapping")]),
        ("a: &x b\n*x : c\nd: 1", [(2, 1, "a key must be a name, not an alias")]),
        (
            "a: !!str 5\nb: !python/object:os.system {}\nc: ! d",
            [(n, 4, "a tag; the schema sets the types") for n in (1, 2, 3)],
        ),
        ("a: *x", [(1, 4, "the alias '*x' is not defined above")]),
        ("a: &x {b: *x}", [(1, 11, "the alias '*x' is inside its own anchor")]),
        ("a: &x [1]\nb: [*x]", [(2, 5, "a list inside a list")]),
        ("a: {<<: 5}", [(1, 9, "'<<' takes a mapping, as an alias or a list of aliases")]),
        ("- a\n- b", [(1, 1, "expected fields ('name: value') at the top, found a list")]),
        ("hello", [(1, 1, "expected fields ('name: value'), found a scalar")]),
        ("a: 1\n---\nb: 2\n", [(2, 1, "a second document begins here; expected one")]),
        ("a: \x01", [(1, 4, "character U+0001 is not allowed in YAML")]),
        ("a: \udcb5", [(1, 4, "byte 0xb5 is not UTF-8")]),
        ("a:\n\tb: 1", [(2, 1, "a tab in the indentation")]),
        ("a: 1\n\tb: 1", [(2, 1, "a tab in the indentation")]),
        ("a: b: c", [(1, 5, "unexpected ':'")]),
        ("a: 'x\nb: 1", [(1, 4, "this string has no closing quote")]),
        ("a: @x", [(1, 4, "expected a value, found '@'")]),
        ("a: {b: 1\nc: 2}", [(2, 2, "expected ',' or '}' here")]),
        ("a: 1\nfoo\nb: 1", [(2, 1, "a ':' is missing after this")]),
        ("a:\n- b\n  c: 1\n", [(3, 4, "unexpected ':'")]),
        ("a:\n  - b: 1\n  c: 1\n", [(3, 3, "expected '-' (the next element) here")]),
    ],
)
def test_faults_are_reported_at_their_positions(text: str, faults: list[tuple[int, int, str]]) -> None:
    assert told(text) == faults


def test_nodes_before_a_syntax_fault_are_kept() -> None:
    assert read("a: 1\nb: {c: 2}\n\td: 3\n")[0] == [("a", "1"), ("b", [("c", "2")])]


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, "{" * 200_000, "- " * 100_000, "? " * 100_000, "a: " + "{a: " * 50_000, "a: [" * 50_000],
)
def test_reading_stops_at_the_depth_limit(text: str) -> None:
    faults = read(text)[1]
    assert len(faults) >= 1
    assert any(
        m in f.message for f in faults for m in ("deep", "found a list", "a key must be", "unexpected ':'")
    )


def test_nesting_up_to_the_depth_limit_is_read() -> None:
    deep = "{a: " * (MAX_DEPTH - 1) + "{}" + "}" * (MAX_DEPTH - 1)
    assert not read(deep)[1]
    assert [f.message for f in read("{a: " + deep + "}")[1]] == [
        f"nested more than {MAX_DEPTH} levels deep, the limit"
    ]


def test_alias_bomb_is_refused() -> None:
    text = "a: &a {x: 1, y: 2}\n" + "".join(
        f"{new}: &{new} {{{', '.join(f'k{i}: *{old}' for i in range(9))}}}\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert [f.message for f in read(text)[1]] == [f"aliases stand for more than {yaml.MAX_ALIASED:,} fields"]


def test_reading_stops_at_the_limit_of_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MAX_NODES", 100)
    assert not read(f"a: [{'1,' * 100}]")[1]
    assert ["more than 100 fields" in f.message for f in read(f"a: [{'1,' * 101}]")[1]] == [True]


def test_reading_stops_at_the_limit_of_faults() -> None:
    faults = read("a: [" + "~, " * 1000 + "]")[1]
    assert faults[-1].message == "more than 100 faults; the rest was not read"
    assert len(faults) == 101
