"""Tensors of files in the sandbox, from a process whose answers are given here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from layerzoo.blobs import sandboxed
from layerzoo.errors import SnapshotError
from layerzoo.reader.protocol import ProtocolError


class File:
    """A file of three tensors."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts, self.shapes, self.is_bfloat16 = facts, [(2,), (2,)], False

    def array(self, index: int) -> Any:
        self.is_bfloat16 = index == 1
        return np.array([0x3FC0, 0], np.int16) if index else np.array([1.0, 2.0], np.float32)

    @contextmanager
    def checked(self) -> Iterator[None]:
        try:
            yield
        except ProtocolError as error:
            raise SnapshotError(str(error)) from None


def opening(monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]) -> None:
    @contextmanager
    def open_file(*_: object) -> Iterator[File]:
        yield File(facts)

    monkeypatch.setattr(sandboxed, "open_file", open_file)


def test_tensors_have_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    opening(monkeypatch, {"names": ["a", "b"], "metadata": {"order": "x"}})
    tensors, metadata = sandboxed.sandboxed_tensors(Path("t"), SnapshotError)
    assert tensors["a"].tolist() == [1, 2]
    assert (tensors["b"].dtype, tensors["b"].tolist()) == (torch.bfloat16, [1.5, 0])
    assert metadata == {"order": "x"}
    assert sandboxed.sandboxed_names(Path("t"), SnapshotError) == (["a", "b"], {"order": "x"})


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"names": ["a"], "metadata": {}},
        {"names": ["a", 1], "metadata": {}},
        {"names": "ab", "metadata": {}},
        {"names": ["a", "b"], "metadata": None},
        {"names": ["a", "b"], "metadata": {"order": 1}},
    ],
)
def test_wrong_facts_are_the_callers_error(monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]) -> None:
    opening(monkeypatch, facts)
    with pytest.raises(SnapshotError):
        sandboxed.sandboxed_tensors(Path("t"), SnapshotError)


def test_blob_and_array_are_the_first_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    opening(monkeypatch, {})
    blob = sandboxed.sandboxed_blob(Path("t"), "a blob", SnapshotError)
    assert (blob.shape, blob.tensor().tolist()) == ((2,), [1, 2])
    assert sandboxed.sandboxed_array(Path("t"), SnapshotError).tolist() == [1, 2]
