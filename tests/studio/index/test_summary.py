"""What is known of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.index import Notes, Score, Summary
from layerzoo.studio.index.summary import dumped, id_of, loaded, thinned


def test_a_summary_survives_its_file() -> None:
    summary = Summary(
        "a",
        "/x",
        "x",
        score=Score("a", 0.5, 10),
        spark=[1.0, 2.0],
        notes=Notes(["ü"]),
        scores={"a": [1.0, 2.0]},
    )
    assert loaded(dumped(summary)) == summary


def test_ids_are_those_of_folders() -> None:
    assert id_of(Path("/a/b")) == id_of(Path("/a/b"))
    assert id_of(Path("/a/b")) != id_of(Path("/a/c"))
    assert len(id_of(Path("/a"))) == 12


def test_thinned_keeps_the_ends() -> None:
    values = [float(n) for n in range(1000)]
    few = thinned(values, 48)
    assert (len(few), few[0], few[-1]) == (48, 0, 999)
    assert thinned([1.0], 48) == [1.0]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"tags": 3}', '{"unknown": 1}', "\x00"])
def test_notes_that_can_not_be_read_are_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "studio.json").write_text(text)
    assert Notes.of(tmp_path) == Notes()


def test_notes_that_are_too_long_are_refused(tmp_path: Path) -> None:
    for notes in (
        Notes(["x" * 65]),
        Notes([" "]),
        Notes([str(n) for n in range(33)]),
        Notes(note="x" * 20_001),
    ):
        with pytest.raises(UsageError, match="takes"):
            notes.save(tmp_path)
    assert not (tmp_path / "studio.json").exists()
