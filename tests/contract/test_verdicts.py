from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from layerzoo.contract import verdicts as module
from layerzoo.contract.example import Example, example_of
from layerzoo.contract.verdicts import Verdict, verdicts
from layerzoo.errors import ContractError
from layerzoo.layer import LAYERS, Layer, register


def small(example: Example) -> None:
    """Bottoms have at most 12 values."""
    if example.bottoms[0].numel() > 12:
        raise ContractError(f"{example.source} has {example.bottoms[0].numel()} values")


def always(example: Example) -> None:
    """Nothing is wrong."""


@pytest.fixture
def two_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKS", {"small": small, "always": always})


def example_with(source: str, values: int) -> Example:
    example = example_of(LAYERS["ReLU"])
    return Example(source, example.param, [torch.ones(values)])


@pytest.mark.usefixtures("two_checks")
def test_verdicts_have_name_meaning_and_faults_of_each_check() -> None:
    assert verdicts([example_with("first", 12)]) == [
        Verdict("small", "Bottoms have at most 12 values."),
        Verdict("always", "Nothing is wrong."),
    ]


@pytest.mark.usefixtures("two_checks")
def test_verdicts_report_the_first_example_with_a_fault() -> None:
    examples = (example_with(f"example {values}", values) for values in (12, 13, 14))
    assert [verdict.faults for verdict in verdicts(examples)] == [("example 13 has 13 values",), ()]


def test_verdicts_include_the_notes_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def noted(example: Example) -> None:
        error = ContractError("wrong")
        error.add_note("in the second pass")
        raise error

    monkeypatch.setattr(module, "CHECKS", {"noted": noted})
    assert verdicts([example_with("first", 1)]) == [Verdict("noted", "", ("wrong", "in the second pass"))]


@pytest.fixture
def raising() -> Iterator[Example]:
    class RaisesForTest(Layer):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError("missing")

    register(RaisesForTest)
    yield example_of(RaisesForTest)
    del LAYERS._known["RaisesForTest"]


def test_verdicts_trace_an_exception_of_the_users_code(raising: Example) -> None:
    faults = {verdict.promise: verdict.faults for verdict in verdicts([raising])}
    first, *_, last = faults["dtypes"]
    assert "test_verdicts.py:" in first
    assert first.endswith("in forward")
    assert last == "KeyError: 'missing'"
