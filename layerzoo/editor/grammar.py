"""A TextMate grammar of prototxt with the schema's keys, by which editors colour configs.

``scripts/generate`` writes it to ``layerzoo/generated``; ``editors/vscode`` is an extension that uses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from layerzoo.atomic import write_atomic
from layerzoo.catalogue.known import known
from layerzoo.home import PACKAGE
from layerzoo.schema import fields, messages

FILE: Final = PACKAGE / "generated" / "prototxt.tmLanguage.json"
_BEFORE_MESSAGE: Final = r"(?=\s*:?\s*[{<])"
_BEFORE_VALUE: Final = r"(?=\s*:)"
_OLD_KEYS: Final = ("layers",)
_FUNCTIONS: Final = ("len", "min", "max", "round", "ceil", "floor", "log2", "sqrt")


def grammar() -> dict[str, Any]:
    """The grammar, as values of JSON."""
    all_fields = [field for message in messages().values() for field in fields(message).values()]
    of_messages = {field.name for field in all_fields if field.message is not None} | set(_OLD_KEYS)
    scalars = {field.name for field in all_fields if field.message is None}
    values = {value for field in all_fields for value in field.values}
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Prototxt",
        "scopeName": "source.prototxt",
        "fileTypes": ["prototxt", "pbtxt"],
        "patterns": [
            _match("comment.line.number-sign", r"#.*$"),
            _layer_type(known("layers").names()),
            {"include": "#string"},
            {"include": "#expression"},
            _match("entity.name.type.message", rf"\b{_one_of(of_messages)}\b{_BEFORE_MESSAGE}"),
            _match("support.type.property-name", rf"\b{_one_of(scalars | of_messages)}\b{_BEFORE_VALUE}"),
            _match("variable.other.unknown", r"\b[A-Za-z_]\w*\b(?=\s*:|\s*[{<])"),
            _match("constant.language.boolean", r"\b(?:true|false)\b"),
            _match("constant.language.enum", rf"\b{_one_of(values)}\b"),
            {"include": "#number"},
            _match("punctuation", r"[{}<>\[\]:,;]"),
        ],
        "repository": {
            "string": {
                "patterns": [
                    _string("double", '"', [{"include": "#expression"}]),
                    _string("single", "'", [{"include": "#expression"}]),
                ]
            },
            "expression": {
                "name": "meta.embedded.expression.prototxt",
                "begin": r"\$\{",
                "end": r"\}",
                "patterns": [
                    _match("keyword.operator.word", r"\b(?:if|else|and|or|not|in)\b"),
                    _match("support.function", rf"\b{_one_of(_FUNCTIONS)}\b"),
                    {"include": "#number"},
                    _match("keyword.operator", r"\*\*|//|[-+*/%<>=!]=?"),
                    _match("string.quoted", r"\"[^\"]*\"|'[^']*'"),
                    _match("variable.other", r"\b[A-Za-z_]\w*\b"),
                    {"begin": r"\{", "end": r"\}", "patterns": [{"include": "#expression"}]},
                ],
            },
            "number": _match(
                "constant.numeric",
                r"(?<![\w.])[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?f?|inf|nan)(?![\w.])",
            ),
        },
    }


def write_grammar() -> None:
    """Write the grammar to its file."""
    write_atomic(FILE, text())


def text() -> str:
    """The content of the grammar's file."""
    return json.dumps(grammar(), indent=1, ensure_ascii=False) + "\n"


def _match(scope: str, pattern: str) -> dict[str, Any]:
    return {"name": f"{scope}.prototxt", "match": pattern}


def _string(kind: str, quote: str, inside: list[dict[str, Any]]) -> dict[str, Any]:
    """A string, which ends with its line at the latest."""
    return {
        "name": f"string.quoted.{kind}.prototxt",
        "begin": quote,
        "end": rf"{quote}|$",
        "patterns": [_match("constant.character.escape", r"\\."), *inside],
    }


def _layer_type(names: Iterable[str]) -> dict[str, Any]:
    """``type: "Convolution"``, so that a misspelt type has another colour."""
    return {
        "match": rf"\b(type)\s*(:)\s*([\"'])({'|'.join(names)})(\3)",
        "captures": {
            "1": {"name": "support.type.property-name.prototxt"},
            "2": {"name": "punctuation.prototxt"},
            "3": {"name": "string.quoted.prototxt"},
            "4": {"name": "support.class.layer.prototxt"},
            "5": {"name": "string.quoted.prototxt"},
        },
    }


def _one_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(words))})"
