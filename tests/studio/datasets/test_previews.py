"""Processes that make pictures of transforms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.datasets.previews import Previews
from tests.studio.datasets.test_finding import pets


@pytest.fixture
def previews() -> Iterator[Previews]:
    made = Previews()
    yield made
    made.close()


def test_process_answers_again_and_again(tmp_path: Path, previews: Previews) -> None:
    path = pets(tmp_path / "pets")
    request = {"transform": "mirror: true", "rows": 1, "columns": 2}
    first = previews.answer(path, request)
    process = previews._processes[path]
    with pytest.raises(UsageError, match="did you mean 'mirror'"):
        previews.answer(path, {"transform": "miror: true"})
    assert previews.answer(path, request) == first
    assert previews._processes[path] is process
    previews.close()
    assert not process.is_alive


def test_data_that_can_not_be_read_are_told(tmp_path: Path, previews: Previews) -> None:
    with pytest.raises(UsageError, match=r"no images|expected a folder"):
        previews.answer(tmp_path, {"rows": 1})
