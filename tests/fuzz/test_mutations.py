"""Mutations: they change what they are given, and only that."""

from __future__ import annotations

import json
from random import Random

from tests.fuzz.mutations import as_bytes, encodable, json_text, mutate_bytes, mutate_json, mutate_text


def test_mutate_bytes_makes_different_inputs_and_keeps_the_seed() -> None:
    seed = bytes(range(200))
    made = {mutate_bytes(Random(number), seed, [b"other"]) for number in range(300)}
    assert len(made) > 200
    assert seed == bytes(range(200))
    assert any(len(one) < 200 for one in made)
    assert any(len(one) > 200 for one in made)


def test_mutate_bytes_of_nothing_works() -> None:
    assert {type(mutate_bytes(Random(number), b"")) for number in range(50)} == {bytes}


def test_mutate_text_inserts_the_words_given() -> None:
    made = [mutate_text(Random(number), "a: 1\nb: 2\n", ["special"]) for number in range(200)]
    assert len(set(made)) > 150
    assert any("special" in one for one in made)


def test_mutate_json_leaves_the_value_as_it_was() -> None:
    value = {"a": [1, 2, {"b": "c"}], "d": None}
    made = {json_text(Random(0), mutate_json(Random(number), value, ["word"])) for number in range(200)}
    assert value == {"a": [1, 2, {"b": "c"}], "d": None}
    assert len(made) > 100
    assert any("word" in one for one in made)


def test_as_bytes_encodes_every_encodable_text() -> None:
    text = encodable("é\ud800\udc80\udcff\udfff😀")
    assert text == "é?\udc80\udcff?😀"
    assert {type(as_bytes(Random(number), text)) for number in range(100)} == {bytes}
    assert json.loads(json.dumps(text)) == text
