"""The TextMate grammar: up to date, and right on shipped configs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from layerzoo.editor.grammar import FILE, grammar, text
from tests.shipped import FOLDER

EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"
GRAMMAR = grammar()
CONFIGS = sorted(FOLDER.glob("*.prototxt"))


def compiled(rule: dict[str, Any]) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """The pattern of a rule, or of the rules that it includes."""
    if "include" in rule:
        return compiled(GRAMMAR["repository"][rule["include"].removeprefix("#")])
    if "match" in rule or "begin" in rule:
        return [(re.compile(rule.get("match") or rule["begin"]), rule)]
    return [pair for inner in rule["patterns"] for pair in compiled(inner)]


RULES = [pair for rule in GRAMMAR["patterns"] for pair in compiled(rule)]


def tokens(line: str) -> list[tuple[str, str]]:
    """The scopes and texts of a line, as an editor finds them: the first match, of several the first rule."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(line):
        matches = [(m, rule) for pattern, rule in RULES if (m := pattern.search(line, at))]
        if not matches:
            break
        m, rule = min(matches, key=lambda pair: pair[0].start())
        end = m.end()
        if "begin" in rule:
            closing = re.compile(rf"(?:\\.|(?!{rule['end']}).)*(?:{rule['end']})").match(line, end)
            end = closing.end() if closing else len(line)
        if "captures" in rule:
            found += [
                (scope["name"].removesuffix(".prototxt"), m[int(group)])
                for group, scope in rule["captures"].items()
            ]
        else:
            found.append((rule["name"].removesuffix(".prototxt"), line[m.start() : end]))
        at = max(end, at + 1)
    return found


def test_file_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == text(), "run scripts/generate"


def test_line_of_a_config() -> None:
    line = '  convolution_param { num_output: 20 pool: MAX bias_term: false scale: -1e-3 } # "why"'
    assert tokens(line) == [
        ("entity.name.type.message", "convolution_param"),
        ("punctuation", "{"),
        ("support.type.property-name", "num_output"),
        ("punctuation", ":"),
        ("constant.numeric", "20"),
        ("support.type.property-name", "pool"),
        ("punctuation", ":"),
        ("constant.language.enum", "MAX"),
        ("support.type.property-name", "bias_term"),
        ("punctuation", ":"),
        ("constant.language.boolean", "false"),
        ("support.type.property-name", "scale"),
        ("punctuation", ":"),
        ("constant.numeric", "-1e-3"),
        ("punctuation", "}"),
        ("comment.line.number-sign", '# "why"'),
    ]


def test_layer_type_is_known_or_a_plain_string() -> None:
    assert ("support.class.layer", "Convolution") in tokens('type: "Convolution"')
    assert tokens('type: "Convolutoin"')[-1] == ("string.quoted.double", '"Convolutoin"')


def test_misspelt_keys_have_a_scope_of_their_own() -> None:
    assert tokens("convolutoin_param {")[0] == ("variable.other.unknown", "convolutoin_param")
    assert tokens("num_outptu: 1")[0] == ("variable.other.unknown", "num_outptu")


def test_expression_and_escape() -> None:
    assert tokens("n: ${64 * s}")[-1] == ("meta.embedded.expression", "${64 * s}")
    assert tokens(r'name: "a\"b" # c')[2:] == [
        ("string.quoted.double", r'"a\"b"'),
        ("comment.line.number-sign", "# c"),
    ]


@pytest.mark.parametrize("path", CONFIGS[::4], ids=lambda path: path.stem)
def test_shipped_config_has_no_unknown_keys_and_no_text_without_a_scope(path: Path) -> None:
    for line in dict.fromkeys(path.read_text("utf-8").splitlines()):
        found = tokens(line)
        assert [word for scope, word in found if scope == "variable.other.unknown"] == []
        assert "".join(word for _, word in found).replace(" ", "") == line.replace(" ", "").replace("\t", "")


def test_extension_names_files_that_exist() -> None:
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    (grammars,), (languages,) = package["contributes"]["grammars"], package["contributes"]["languages"]
    assert json.loads((EXTENSION / grammars["path"]).read_text("utf-8"))["scopeName"] == grammars["scopeName"]
    assert "comments" in json.loads((EXTENSION / languages["configuration"]).read_text("utf-8"))
