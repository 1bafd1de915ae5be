"""YAML of job files."""

from __future__ import annotations

import yaml

from layerzoo.jobs.documents import yaml_of


def test_document_reads_back_as_it_was() -> None:
    hard = {
        "a": ["on", "1:30", "null", "", "- x", "#", "a: b", "é", "'", "x\ny\n"],
        "b": {"c": 0, "d": False},
    }
    assert yaml.safe_load(yaml_of(hard)) == hard


def test_keys_without_a_value_are_left_out() -> None:
    assert (
        yaml_of({"a": None, "b": "", "c": [], "d": {"e": {}}, "f": 0, "g": [{"h": None}]})
        == "f: 0\ng:\n  - {}\n"
    )


def test_text_of_several_lines_is_a_block() -> None:
    assert yaml_of({"run": "a\nb\n"}) == "run: |\n  a\n  b\n"


def test_several_documents_are_separated_and_repeat_what_they_share() -> None:
    shared = {"x": [1]}
    assert (
        yaml_of({"a": shared, "b": shared}, {"c": 2})
        == "---\na:\n  x:\n    - 1\nb:\n  x:\n    - 1\n---\nc: 2\n"
    )
