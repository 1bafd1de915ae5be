"""The generators of texts driven by Hypothesis, which searches in its own way and makes failures smaller."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerzoo.loader import emit, parse_net
from layerzoo.schema import NetParameter
from tests.fuzz.kinds import kinds
from tests.fuzz.readers.schema import prototxt, random_tree, yaml
from tests.fuzz.running import prepared, run

FIXED = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
choices = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def work() -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("LAYERZOO_HOME", "LAYERZOO_OFFLINE"):
            patch.setenv(variable, "")
        with prepared() as folder:
            yield folder


@pytest.mark.parametrize("name", ["prototxt", "yaml", "old-text", "set", "index", "log"])
@FIXED
@given(choices=choices)
def test_readers_of_texts_accept_or_refuse(name: str, work: Path, choices: random.Random) -> None:
    kind = kinds()[name]
    result = run(kind, kind.generate(choices), work)
    assert result.status != "failed", result.details


@FIXED
@given(choices=choices)
def test_prototxt_and_yaml_of_one_tree_are_the_same_net(choices: random.Random) -> None:
    tree = random_tree(choices, NetParameter, odd=0)
    texts = {"prototxt": prototxt(choices, tree), "yaml": yaml(choices, tree)}
    found = {}
    for form, text in texts.items():
        faults: list[object] = []
        net = parse_net(text, format=form, faults=faults).message  # type: ignore[arg-type]  # literals
        found[form] = (emit(net, "prototxt"), len(faults))
    assert found["prototxt"] == found["yaml"], texts
