"""Publish files or a run as an entry, atomically."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from layerzoo.errors import SnapshotError, ZooError
from layerzoo.loader import load_net
from layerzoo.regular_file import open_regular, read_text
from layerzoo.snapshot import BestScore, find_best, find_newest, verify_snapshot, weights_to_publish
from layerzoo.weights import read, save
from layerzoo.zoo.card import card_text
from layerzoo.zoo.describe import describe, portable_inputs
from layerzoo.zoo.entry import CAFFEMODEL, CARD, INPUTS, LABELS, METRICS, NET, SOLVER, SOURCE, WEIGHTS, Entry
from layerzoo.zoo.manifest import check_name
from layerzoo.zoo.store import LocalZoo

log = logging.getLogger("layerzoo")

_MAX_SOURCES = 200
"""The largest number of files of a config with blocks that an entry keeps."""

Files = Mapping[str, bytes | Path]


def publish(
    name: str, files: Files, facts: Mapping[str, Any], zoo: LocalZoo | None = None, origin: str = ""
) -> Entry:
    """Publish files as the next version of an entry.

    Args:
        name: name of the entry.
        files: contents, or files to copy, by file name. The card is generated unless it is among them.
        facts: fields of the manifest and the card: ``title``, ``description``, ``results``, ``dataset``,
            ``command``, ``license``, ``tags``, ``net``, ``preprocessing``.
        zoo: target; None for the local zoo.
        origin: source of an entry made by others.

    Raises:
        ZooError: the name can't be used, or the zoo can't be written to.
    """
    zoo = zoo or LocalZoo()
    check_name(name)
    try:
        with zoo.staging() as folder:
            for file, content in files.items():
                target = folder / check_name(file, "a file of a zoo entry")
                if isinstance(content, Path):
                    _copy(content, target)
                else:
                    target.write_bytes(content)
            if CARD not in files:
                (folder / CARD).write_text(card_text(name, facts), "utf-8")
            return zoo.publish(folder, name, facts, origin)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise ZooError(f"can't publish '{name}' to {zoo.root}: {error.strerror or error}{where}") from error


def publish_run(
    run: Path,
    name: str,
    zoo: LocalZoo | None = None,
    *,
    labels: Path | None = None,
    beside: Path | None = None,
    facts: Mapping[str, Any] | None = None,
    caffemodel: bool = False,
    last: bool = False,
) -> Entry:
    """Publish a run: net, solver, metrics, and its best weights; without tests those of its newest snapshot.

    If the run averages its params (``ema_param``), the averages are published unless it is configured
    otherwise. The net for deployment, preprocessing of images and golden pair are derived. The results are
    those of the published weights; the manifest says which set chose them, and which the results are of.

    Args:
        run: folder of the run, ``<snapshot_prefix>.run``.
        name: name of the entry.
        zoo: target; None for the local zoo.
        labels: file with one class label per line.
        beside: folder of the net's original config, the base of relative paths.
        facts: further facts: ``title``, ``description``, ``license``, ``tags``, ``command``.
        caffemodel: add the weights in Caffe's format.
        last: publish the weights of the newest snapshot, even if others were better.

    Raises:
        ZooError: the folder is not a run folder or has no intact snapshot, or the zoo can't be written to.
    """
    with _copied(run, last) as (copy, chosen):
        files: dict[str, bytes | Path] = {file: copy / file for file in (NET, SOLVER, METRICS, WEIGHTS)}
        if labels or (copy / LABELS).exists():
            files[LABELS] = labels or copy / LABELS
        if (copy / INPUTS).exists():
            files[INPUTS] = portable_inputs(read_text(copy / INPUTS))
        if (copy / SOURCE).exists():
            files[SOURCE] = copy / SOURCE
        made = describe(copy / NET, copy / WEIGHTS, beside=beside or run)
        if caffemodel:
            made.files[CAFFEMODEL] = as_caffemodel(copy / NET, copy / WEIGHTS)
        results = _results(copy / METRICS, chosen.iteration, chosen.choice.scored_net if chosen.choice else 0)
        stated = {
            "title": name,
            "iteration": chosen.iteration,
            "results": results,
            **_chosen(chosen, results),
        }
        return publish(name, {**made.files, **files}, {**stated, **made.facts, **(facts or {})}, zoo)


class _Weights(NamedTuple):
    """Weights of a run: their iteration, and why they are the best; None for those of a snapshot."""

    iteration: int
    choice: BestScore | None


def _chosen(weights: _Weights, results: Mapping[str, float]) -> dict[str, str]:
    """Facts on the sets that chose the weights and that the results are of."""
    choice = weights.choice
    if choice is None:
        return {}
    on = f" on {choice.chosen_by}" if choice.chosen_by else ""
    facts = {"chosen_by": f"best {choice.output}{on}, test net {choice.test_net}"}
    if results:
        facts["scored_by"] = f"{choice.scored_by or 'its set'}, test net {choice.scored_net}"
    return facts


@contextmanager
def _copied(run: Path, last: bool) -> Iterator[tuple[Path, _Weights]]:
    """Copy what is published of a run, which may go on meanwhile: it appends metrics and deletes snapshots.

    Yields:
        a temporary folder with net, solver, metrics, weights, and labels if it has any; and what the weights
        are.

    Raises:
        ZooError: the folder is not a run folder or has no intact snapshot.
    """
    missing = [file for file in (NET, SOLVER, METRICS) if not (run / file).is_file()]
    with tempfile.TemporaryDirectory(prefix="layerzoo-") as temporary:
        copy = Path(temporary)
        chosen = (None if last else _copy_best(run, copy / WEIGHTS)) or _copy_newest(run, copy / WEIGHTS)
        if missing:
            raise ZooError(f"{run} is not a run folder: missing {', '.join(missing)}")
        try:
            present = [file for file in (LABELS, INPUTS) if (run / file).is_file()]
            for file in (NET, SOLVER, METRICS, *present):
                if not (run / file).resolve().is_relative_to(run.resolve()):
                    raise ZooError(f"{run / file} is a link to a file outside of the run's folder")
                _copy(run / file, copy / file)
            _gather_sources(run / SOURCE.removesuffix(".json"), copy / SOURCE)
        except OSError as error:
            raise ZooError(f"{error.filename}: can't be read: {error.strerror}") from error
        _cut_incomplete_line(copy / METRICS)
        yield copy, chosen


def _gather_sources(folder: Path, target: Path) -> None:
    """Write the files of a config with blocks, which a run keeps in a folder, as one file."""
    inside = folder.resolve()
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    paths = [path for path in found if path.resolve().is_relative_to(inside)]
    if paths:
        texts = {path.relative_to(folder).as_posix(): read_text(path) for path in paths[:_MAX_SOURCES]}
        target.write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    with open_regular(source) as opened, target.open("wb") as copy:
        shutil.copyfileobj(opened, copy, 1 << 20)


def _cut_incomplete_line(metrics: Path) -> None:
    """Remove the last line of a metrics file if the run has written only a part of it."""
    complete, newline, last = metrics.read_bytes().rpartition(b"\n")
    try:
        json.loads(last or b"0")
    except ValueError:
        metrics.write_bytes(complete + newline)


def _copy_best(run: Path, target: Path) -> _Weights | None:
    """Copy the best weights of a run; None if it has none, or if they are damaged, after a warning."""
    try:
        found = find_best(run)
        if found is None:
            return None
        _copy(weights_to_publish(found.path), target)
    except (OSError, SnapshotError) as error:
        log.warning("%s: the best weights can't be read, so the last ones are published: %s", run, error)
        return None
    return _Weights(found.iteration, found.choice)


def _copy_newest(run: Path, target: Path) -> _Weights:
    """Copy the weights of the newest intact snapshot of a run.

    Raises:
        ZooError: there is none, or the copy can't be written.
    """
    while newest := find_newest(run):
        try:
            iteration = verify_snapshot(newest)["iteration"]
            _copy(weights_to_publish(newest), target)
            return _Weights(int(iteration), None)
        except (OSError, SnapshotError) as error:
            if newest.exists():
                raise ZooError(f"{newest}: can't be copied to publish it: {error}") from error
            log.info("%s has been deleted by the run meanwhile", newest)
    raise ZooError(f"nothing to publish in {run}: it has no intact snapshot")


def as_caffemodel(net: Path, weights: Path) -> bytes:
    """Convert weights to a ``.caffemodel`` that includes the net."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / CAFFEMODEL
        save(read(weights), target, load_net(net).message)
        return target.read_bytes()


def _results(metrics: Path, iteration: int, net: int) -> dict[str, float]:
    """The outputs of a test net at an iteration; empty if it was not tested then."""
    results: dict[str, float] = {}
    for line in read_text(metrics).splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # incomplete after a power failure
        if not isinstance(row, dict):
            continue
        if row.get("phase") == "TEST" and (row.get("net") or 0) == net and row.get("iteration") == iteration:
            outputs = row.get("outputs", {})
            results = {key: v[0] for key, v in outputs.items() if len(v) == 1 and v[0] is not None}
    return results
