"""Weights in the sandbox, from a process whose answers are given here."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layerzoo.errors import WeightsError
from layerzoo.reader.protocol import ProtocolError
from layerzoo.weights import sandboxed


class File:
    """A file with facts."""

    is_bfloat16 = False

    def __init__(self, layers: object) -> None:
        self.facts, self.shapes = {"layers": layers}, [(2,), (1,)]

    def array(self, index: int) -> Any:
        return np.full(self.shapes[index], index, np.float32)


def test_layers_have_their_blobs_in_order() -> None:
    file: Any = File([["a", ["0", "1", "x"], [True, False, True]], ["b", [], []]])
    weights = sandboxed._weights(file)
    assert weights["a"].names == ["0", "1", "x"]
    assert [None if blob is None else blob.tensor().tolist() for blob in weights["a"]] == [[0, 0], None, [1]]
    assert weights["b"] == []


@pytest.mark.parametrize(
    "layers",
    [
        None,
        {"a": 1},
        [["a"]],
        [["a", ["0"], [True]]],
        [["a", ["0"], []]],
        [[1, ["0", "1"], [True, True]]],
        [["a", ["0", 1], [True, True]]],
        [["a", ["0", "1", "2"], [True, True, True]], ["b", ["0"], [True]], 3],
    ],
)
def test_wrong_layers_are_a_protocol_error(layers: object) -> None:
    file: Any = File(layers)
    with pytest.raises(ProtocolError):
        sandboxed._weights(file)


def test_missing_file_is_a_weights_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(sandboxed, "open_file", missing)
    with pytest.raises(WeightsError, match="w: No such file"), sandboxed.open_sandboxed(Path("w")):
        nullcontext()
