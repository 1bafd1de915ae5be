"""Formatting keeps meaning and comments, and is idempotent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerzoo import formatting
from layerzoo.errors import ConfigError, LayerzooError
from layerzoo.formatting import formatted, same
from layerzoo.formatting.lines import Line
from layerzoo.loader.read_tree import read_tree
from layerzoo.nodes import prototxt
from layerzoo.source import Source
from tests.shipped import FOLDER

CONFIGS = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".prototxt", ".yaml"})
OTHERS = sorted((Path(__file__).parent.parent / "data").rglob("*.prototxt"))


def again(source: Source) -> str:
    """The formatted text, after a check that formatting it changes nothing."""
    text = formatted(source)
    assert formatted(Source(source.name, text, source.bare_strings)) == text
    return text


def test_shipped_configs_are_formatted() -> None:
    texts = {path: path.read_text("utf-8") for path in CONFIGS}
    assert len(texts) > 60
    changed = [
        path.name
        for path, text in texts.items()
        if formatted(Source(path.name, text, path.suffix == ".yaml")) != text
    ]
    assert changed == []


def test_files_of_others_keep_their_comments_and_meaning() -> None:
    count = 0
    for path in OTHERS:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        source = Source(path.name, text)
        faults: list[object] = []
        tree = prototxt.read(source, faults)  # type: ignore[arg-type]  # it is only appended to
        if faults or not tree.children:
            continue
        result = again(source)
        assert same(tree, prototxt.read(Source(path.name, result), []))
        assert sorted(comments(result)) == sorted(comments(text)), path
        count += 1
    assert count > 12


def comments(text: str) -> list[str]:
    return [comment.rstrip() for comment in re.findall(r"#[^\n]*", text)]


SPACE = st.sampled_from([" ", "\n", "  ", "\n\n\n", "\t", " # c\n", "\n# d\n\n", "", ""])
SCALAR = st.sampled_from(
    ["1", "-5", "- 5", "true", '"a"', "'b'", '"a" "b"', "[1, 2]", "[]", "${a + 1}", "${ {1: '}'}[1] }"]
)
FIELD = st.deferred(lambda: st.one_of(SIMPLE, MESSAGE))
SIMPLE = st.builds("a{}:{}{}{}\n".format, SPACE, SPACE, SCALAR, SPACE)
MESSAGE = st.builds("m{}{{{}{}}}{}\n".format, SPACE, SPACE, st.lists(FIELD, max_size=4).map("".join), SPACE)


@settings(max_examples=150, deadline=None)
@given(st.lists(FIELD, min_size=1, max_size=6).map("".join))
def test_any_prototxt_keeps_its_comments_and_formats_once(text: str) -> None:
    text += "k: 1\n"  # a config of empty lists alone has no fields
    result = again(Source("a.prototxt", text))
    assert sorted(comments(result)) == sorted(comments(text))


ENTRY = st.recursive(
    st.sampled_from(["1", '"a: x"', "{a:  1}", "[1,  2]", "'x'", "abc def"]).map(lambda text: [f" {text}"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda values: ["", *block(values)]),
        st.lists(
            inner.filter(lambda value: len(value) == 1 and "[" not in value[0]), min_size=1, max_size=3
        ).map(lambda values: ["", *(f"   -{value[0]}" for value in values)]),
    ),
    max_leaves=8,
)
LINES = st.sampled_from([[], [], [""], ["# c"], ["", "# d", ""]])


def block(values: list[list[str]]) -> list[str]:
    """The lines of a mapping, indented."""
    lines = []
    for number, value in enumerate(values):
        lines += [f"   k{number}:{value[0]}", *(f"   {line}" for line in value[1:])]
    return lines


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(LINES, ENTRY, st.booleans()), min_size=1, max_size=4))
def test_any_yaml_keeps_its_comments_and_formats_once(
    entries: list[tuple[list[str], list[str], bool]],
) -> None:
    lines: list[str] = []
    for number, (before, value, ends) in enumerate(entries):
        lines += [*before, f"f{number}:{value[0]}{'   # e' if ends else ''}", *value[1:]]
    text = "\n".join(lines) + "\n"
    result = again(Source("a.yaml", text, True))
    assert sorted(comments(result)) == sorted(comments(text))


def test_line_breaks_of_the_source_stay() -> None:
    assert formatted(Source("a.prototxt", "a:1\r\nb:  2\r\n")) == "a: 1\r\nb: 2\r\n"
    assert formatted(Source("a.yaml", "a:   1\r\nb: 'x\r\n  y'\r\n", True)) == "a: 1\r\nb: 'x\r\n  y'\r\n"


def test_bytes_that_are_not_utf8_stay() -> None:
    assert formatted(Source("a.prototxt", "a:1 # \udcc4\udce3\n")) == "a: 1  # \udcc4\udce3\n"


def test_syntax_faults_are_all_reported() -> None:
    with pytest.raises(ConfigError) as error:
        formatted(Source("a.prototxt", "a: {\nb = 1\n"))
    assert [str(fault.origin) for fault in error.value.faults] == ["a.prototxt:1:1", "a.prototxt:2:3"]


@pytest.mark.parametrize("result", [[], [Line("a: 2")], [Line("a {")]])
def test_changed_meaning_is_refused(result: list[Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting.prototxt, "lines_of", lambda text: result)
    with pytest.raises(LayerzooError, match="formatting would change its meaning"):
        formatted(Source("a.prototxt", "a: 1\n"))


@pytest.mark.parametrize(
    "other", ["a: 2 b { c: 1 }", 'a: "1" b { c: 1 }', "a: 1 b {}", "a: 1", "a: 1 b: 1", "b: 1 b { c: 1 }"]
)
def test_same_compares_keys_values_and_quotes(other: str) -> None:
    one = read_tree("a: 1 b { c: 1 }", "prototxt", None, [])
    assert same(one, read_tree("# x\na: 1 b: <\nc: 1 >", "prototxt", None, []))
    assert not same(one, read_tree(other, "prototxt", None, []))
