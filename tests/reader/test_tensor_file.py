"""Files of tensors in the sandbox, and a process that lies about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layerzoo.errors import WeightsError
from layerzoo.reader import tensor_file
from layerzoo.reader.process import ReaderError
from layerzoo.reader.protocol import Message
from layerzoo.reader.tensor_file import open_file


class Liar:
    """A reader with facts and answers of its own."""

    def __init__(self, facts: dict[str, Any], answers: Sequence[Any] = ()) -> None:
        self.facts, self.answers, self.is_closed = facts, list(answers), False

    def call(self, name: str, values: Any = None, parts: Any = (), limit: int = 0) -> Message:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        head, size = answer
        assert size <= limit
        return Message(head, [memoryview(bytearray(size))])

    def close(self) -> None:
        self.is_closed = True


def read(liar: Liar, monkeypatch: pytest.MonkeyPatch, **about: Any) -> Any:
    monkeypatch.setattr(tensor_file, "started", lambda *_: liar)
    with open_file("weights", Path("w.h5"), WeightsError) as file:
        return file.array(0, **about)


def test_array_has_the_declared_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    liar = Liar({"shapes": [[2, 3]]}, [({"dtype": "float32", "shape": [2, 3]}, 24)])
    assert np.array_equal(read(liar, monkeypatch), np.zeros((2, 3)))
    assert liar.is_closed
    rows = Liar({"shapes": [[2, 3]]}, [({"dtype": "float32", "shape": [5, 3]}, 60)])
    assert read(rows, monkeypatch, rows=5).shape == (5, 3)


@pytest.mark.parametrize(
    "liar",
    [
        Liar({}),
        Liar({"shapes": [2]}),
        Liar({"shapes": [["a"]]}),
        Liar({"shapes": [[2]]}, [({"dtype": "float32", "shape": [1]}, 4)]),
        Liar({"shapes": [[2]]}, [({"dtype": "float32", "shape": [2]}, 4)]),
        Liar({"shapes": [[2]]}, [({}, 0)]),
        Liar({"shapes": [[2]]}, [ReaderError("was killed by SIGSEGV")]),
        Liar({"shapes": [[2]]}, [RuntimeError("a reader process failed: KeyError: 1")]),
        Liar({"shapes": [[2]]}, [MemoryError()]),
    ],
)
def test_lies_and_deaths_are_the_callers_error(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match=r"^w\.h5: "):
        read(liar, monkeypatch)
    assert liar.is_closed


@pytest.mark.parametrize("failure", [ReaderError("died"), RuntimeError("bug"), MemoryError()])
def test_opening_that_fails_is_the_callers_error(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(tensor_file, "started", fail)
    with pytest.raises(WeightsError, match=r"^w\.h5: "), open_file("weights", Path("w.h5"), WeightsError):
        pass
