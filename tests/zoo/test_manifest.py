"""Parsing and checking of ``entry.json``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo.manifest import MAX_MANIFEST_BYTES, check_name, emit, files_of, parse, seal

SHA = "0" * 64


def manifest(**changes: Any) -> bytes:
    facts = {"name": "x", "version": 1, "files": {"a": {"sha256": SHA, "size": 5}}, **changes}
    return emit(seal(facts)).encode()


def test_sealed_manifest_round_trips() -> None:
    found = parse(manifest(title="Ж", results={"accuracy": 0.1}), "x")
    assert found["title"] == "Ж"
    assert found["results"] == {"accuracy": 0.1}
    assert files_of(found)["a"] == (SHA, 5)


def test_id_covers_every_field() -> None:
    ids = {
        parse(manifest(**c), "x")["id"]
        for c in ({}, {"version": 2}, {"title": "t"}, {"files": {}, "tags": ["a"]})
    }
    assert len(ids) == 4
    assert seal({"name": "x", "title": None, "tags": []}) == seal({"name": "x"}), "what is empty is left out"


def test_change_of_any_byte_is_detected() -> None:
    good = manifest(title="t")
    for place in range(len(good)):
        for flip in (1, 32, 128):
            bad = bytearray(good)
            bad[place] ^= flip
            with pytest.raises(ZooError):
                parse(bytes(bad), "x")
    for bad_text in (good[:-1], good + b"\n", b" " + good, good + good):
        with pytest.raises(ZooError):
            parse(bad_text, "x")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"../a": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"/etc/passwd": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"a/b": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"a\\b": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({".hidden": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"C:x": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"com1.txt": {"sha256": SHA, "size": 1}}, "is reserved or differs from another in case only"),
        ({"a.": {"sha256": SHA, "size": 1}}, "is reserved or differs from another in case only"),
        ({"-rf": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"a\x00b": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"e\u0301": {"sha256": SHA, "size": 1}}, "is not a valid name of a file"),
        ({"nul": {"sha256": SHA, "size": 1}}, "is reserved or differs from another in case only"),
        ({"Entry.json": {"sha256": SHA, "size": 1}}, "is reserved or differs from another in case only"),
        (
            {"a": {"sha256": SHA, "size": 1}, "A": {"sha256": SHA, "size": 1}},
            "is reserved or differs from another in case only",
        ),
        ({"a": {"sha256": "xyz", "size": 1}}, "no valid sha256 and size"),
        ({"a": {"sha256": SHA}}, "no valid sha256 and size"),
        ({"a": [SHA, 1]}, "no valid sha256 and size"),
        ({"a": {"sha256": SHA, "size": -1}}, "invalid size -1"),
        ({"a": {"sha256": SHA, "size": 2**60}}, "invalid size"),
        ({"a": {"sha256": SHA, "size": True}}, "invalid size True"),
        ({f"f{i}": {"sha256": SHA, "size": 1} for i in range(1001)}, "1001 files; at most 1000"),
    ],
)
def test_unsafe_files_are_refused(files: dict[str, object], said: str) -> None:
    with pytest.raises(ZooError, match=said):
        parse(manifest(files=files), "x")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" * 100_000, "damaged"),
        (b"null", "not the manifest of an entry"),
        (b"[]", "not the manifest of an entry"),
        (b'{"format": "1"}', "not the manifest of an entry"),
        (b'{"format": 99}', "newer Layerzoo, in format 99"),
        (b" " * (MAX_MANIFEST_BYTES + 1), "larger than 1,048,576 bytes"),
        (b'{"format": NaN}', "NaN is not a JSON number"),
        (manifest(name=7), "'name' has the wrong type"),
        (manifest(results=[1]), "'results' has the wrong type"),
        (manifest(results={"accuracy": "high"}), "'accuracy' in 'results' is not a finite number"),
        (manifest(results={"accuracy": 10**400}), "an integer of 401 digits"),
        (manifest(version=True), "'version' has the wrong type"),
        (manifest(version=10**9), "version 1000000000 is not between"),
        (manifest(iteration=-1), "'iteration' is not an integer from 0"),
        (manifest(title="\x1b]0;owned\x07"), r"'title' has the control character '\\x1b'"),
        (manifest(title="a\nb"), r"'title' has the control character '\\n'"),
        (manifest(title="a\u202eb"), "'title' has the control character"),
        (manifest(title="x" * 1001), "'title' has 1,001 characters; at most 1,000"),
        (manifest(tags=["a", 7]), "'tags' is not a text"),
        (manifest(tags=["a"] * 101), "'tags' is not a list of at most 100 texts"),
        (manifest(net={"layers": 1}), "'net' has missing or unknown fields: inputs, name, outputs, params"),
        (manifest(preprocessing={"mean_value": [[1]]}), "neither a text nor a number"),
        (manifest(preprocessing={"size": [1, 2, 3]}), "not a height and a width"),
        (manifest(more=[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]), "nested more than 16 deep"),
        (b'{"format": 1e999}', "1e999 is not a finite number"),
        (manifest(version=-1), "version -1"),
        (manifest(name="../x"), "is not a valid name of a zoo entry"),
        (emit(seal({"name": "x", "version": 1})).encode(), "missing fields: files"),
    ],
)
def test_invalid_manifest_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ZooError, match=said):
        parse(data, "x")


def test_duplicate_key_is_refused() -> None:
    good = json.loads(manifest())
    text = emit(good).replace('"version": 1,', '"version": 9,\n  "version": 1,')
    with pytest.raises(ZooError, match="a key occurs twice"):
        parse(text.encode(), "x")


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "-x", "a/b", "a b", "é", "x" * 101, "a\n"])
def test_invalid_names_are_refused(name: str) -> None:
    with pytest.raises(ZooError, match="is not a valid name"):
        check_name(name)


@pytest.mark.parametrize("name", ["con", "NUL", "aux.txt", "Lpt9", "a."])
def test_names_that_windows_reserves_are_refused(name: str) -> None:
    with pytest.raises(ZooError, match="Windows reserves it"):
        check_name(name)


def test_description_may_have_several_lines() -> None:
    assert parse(manifest(description="a\n\tb"), "x")["description"] == "a\n\tb"
