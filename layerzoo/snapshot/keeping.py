"""Which snapshots there are, which is the newest good one, and which may go."""

from __future__ import annotations

import logging
import re
from math import isnan
from pathlib import Path

from layerzoo.atomic import REPLACED, TEMPORARY, remove
from layerzoo.errors import SnapshotError
from layerzoo.schema import KeepParameter
from layerzoo.snapshot.native import read_text, verify_snapshot

log = logging.getLogger("layerzoo")

_NAME = re.compile(rf"(?:\.iter_(\d+){re.escape(REPLACED)}|iter_(\d+))")
_UNFINISHED = re.compile(rf"\.iter_(\d+)\..*{re.escape(TEMPORARY)}")


def list_snapshots(folder: str | Path) -> list[tuple[int, Path]]:
    """Iteration and path of all snapshots of a folder, good or bad, the oldest first.

    One whose successor of the same name was never finished is among them.
    """
    found = []
    for path in _children(folder):
        match = _NAME.fullmatch(path.name)
        if match:
            found.append((int(match[1] or match[2]), path))
    return sorted(found, key=lambda item: (item[0], not item[1].name.startswith("."), item[1].name))


def find_newest(folder: str | Path) -> Path | None:
    """The newest snapshot that is complete and intact; each that isn't is skipped with a warning."""
    for path in _children(folder):
        if _UNFINISHED.fullmatch(path.name):
            log.warning("%s: skipped, writing it was never finished", path)
    for _, path in reversed(list_snapshots(folder)):
        try:
            verify_snapshot(path)
        except SnapshotError as error:
            log.warning("%s: skipped: %s", path, error)
        else:
            return path
    return None


def prune(
    folder: str | Path, keep: KeepParameter, higher_is_better: bool, known_good: Path | None = None
) -> list[Path]:
    """Delete the snapshots that ``keep`` doesn't keep, and what a killed writer left.

    The newest good one always stays, and while there is no good one nothing is deleted.

    Args:
        folder: of snapshots.
        keep: the last so many, every so many iterations, the best so many; with ``last`` 0 all stay.
        higher_is_better: which scores are best.
        known_good: a snapshot just written, which needs no second look.

    Returns:
        what was deleted.
    """
    good = known_good or find_newest(folder)
    if good is None:
        return []
    present = list_snapshots(folder)
    staying = {good} | ({path for _, path in present[-keep.last :]} if keep.last else set())
    if not keep.last:
        staying |= {path for _, path in present}
    if keep.every > 0:
        staying |= {path for iteration, path in present if iteration % keep.every == 0}
    staying |= set(_best(present, higher_is_better)[: keep.best])
    staying = {path for path in staying if path == good or not path.name.endswith(REPLACED)}
    going = [path for _, path in present if path not in staying]
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
    """Snapshots that have a score, the best first, of equal ones the newest."""
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
    """Take its name away first, so that nobody finds a half-deleted snapshot."""
    if not path.name.endswith(TEMPORARY):
        path = path.rename(path.with_name(f".{path.name.strip('.')}.deleted{TEMPORARY}"))
    remove(path)


def _children(folder: str | Path) -> list[Path]:
    folder = Path(folder)
    return sorted(folder.iterdir()) if folder.is_dir() else []
