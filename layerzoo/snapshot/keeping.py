"""List snapshots, find the newest valid one, and delete those that are no longer kept."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from math import isnan
from pathlib import Path
from typing import Any

from layerzoo.atomic import REPLACED, TEMPORARY, remove
from layerzoo.errors import SnapshotError
from layerzoo.schema import KeepParameter
from layerzoo.snapshot.native import read_text, verify_snapshot

log = logging.getLogger("layerzoo")

_NAME = re.compile(rf"(?:\.iter_(\d+){re.escape(REPLACED)}|iter_(\d+))")
_UNFINISHED = re.compile(rf"\.iter_(\d+)\..*{re.escape(TEMPORARY)}")


def list_snapshots(folder: str | Path) -> list[tuple[int, Path]]:
    """Iteration and path of all snapshots in a folder, valid or not, oldest first.

    The list includes an old snapshot whose replacement was never completed.

    Raises:
        SnapshotError: the folder can't be listed.
    """
    snapshots = []
    for path in _children(folder):
        match = _NAME.fullmatch(path.name)
        if match:
            snapshots.append((int(match[1] or match[2]), path))
    return sorted(snapshots, key=lambda item: (item[0], not item[1].name.startswith("."), item[1].name))


def find_newest(
    folder: str | Path, check: Callable[[Mapping[str, Any]], object] | None = None
) -> Path | None:
    """The newest complete and intact snapshot; others are skipped with a warning that says why.

    Args:
        folder: the folder of the snapshots.
        check: raises a SnapshotError for the content of a ``state.json`` that can't be used.
    """
    for path in _children(folder):
        if _UNFINISHED.fullmatch(path.name):
            log.warning("%s: skipped: incomplete, writing it was interrupted", path)
    for _, path in reversed(list_snapshots(folder)):
        try:
            text = verify_snapshot(path)
            if check is not None:
                check(text)
        except SnapshotError as error:
            log.warning("%s: skipped: %s", path, error)
        else:
            return path
    return None


def prune(
    folder: str | Path, keep: KeepParameter, higher_is_better: bool, known_good: Path | None = None
) -> list[Path]:
    """Delete the snapshots that ``keep`` doesn't select, and leftovers of interrupted writes.

    The newest valid snapshot is always kept. Without a valid snapshot nothing is deleted.

    Args:
        folder: the folder of the snapshots.
        keep: how many of the last and of the best are kept, and one per how many iterations; with ``last`` 0
            all are kept.
        higher_is_better: whether a higher score is better.
        known_good: a snapshot just written, which is not verified again.

    Returns:
        the deleted paths.
    """
    good = known_good or find_newest(folder)
    if good is None:
        return []
    present = list_snapshots(folder)
    kept = {good} | ({path for _, path in present[-keep.last :]} if keep.last else set())
    if not keep.last:
        kept |= {path for _, path in present}
    if keep.every > 0:
        kept |= {path for iteration, path in present if iteration % keep.every == 0}
    kept |= set(_best(present, higher_is_better)[: keep.best])
    kept = {path for path in kept if path == good or not path.name.endswith(REPLACED)}
    going = [path for _, path in present if path not in kept]
    going += [path for path in _children(folder) if _UNFINISHED.fullmatch(path.name)]
    deleted = []
    for path in going:
        try:
            _delete(path)
        except OSError as error:
            log.warning("%s: can't be deleted: %s", path, error)
        else:
            deleted.append(path)
    return deleted


def _best(present: list[tuple[int, Path]], higher_is_better: bool) -> list[Path]:
    """Snapshots that have a score, best first; of equal scores the newest first."""
    scored: list[tuple[float, int, Path]] = []
    for iteration, path in present:
        try:
            score = read_text(path).get("score")
        except SnapshotError:
            continue
        if isinstance(score, int | float) and not isnan(score):
            scored.append((-score if higher_is_better else score, -iteration, path))
    return [path for _, _, path in sorted(scored)]


def _delete(path: Path) -> None:
    """Rename a snapshot before deleting it, so that no partly deleted snapshot is ever found."""
    if not path.name.endswith(TEMPORARY):
        path = path.rename(path.with_name(f".{path.name.strip('.')}.deleted{TEMPORARY}"))
    remove(path)


def _children(folder: str | Path) -> list[Path]:
    folder = Path(folder)
    try:
        return sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise SnapshotError(f"{folder}: can't be listed: {error.strerror}") from error
