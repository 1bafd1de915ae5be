"""Publish files or a run as an entry, atomically."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layerzoo.errors import ZooError
from layerzoo.loader import load_net
from layerzoo.regular_file import open_regular, read_text
from layerzoo.snapshot import find_newest, weights_to_publish
from layerzoo.weights import read, save
from layerzoo.zoo.card import card_text
from layerzoo.zoo.describe import describe
from layerzoo.zoo.entry import CAFFEMODEL, CARD, LABELS, METRICS, NET, SOLVER, WEIGHTS, Entry
from layerzoo.zoo.manifest import check_name
from layerzoo.zoo.store import LocalZoo

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
                    with open_regular(content) as source, target.open("wb") as copy:
                        shutil.copyfileobj(source, copy, 1 << 20)
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
) -> Entry:
    """Publish a run: net, solver, metrics, and the weights of its newest snapshot.

    If the run averages its params (``ema_param``), the averages are published unless it is configured
    otherwise. The net for deployment, preprocessing of images and golden pair are derived.

    Args:
        run: folder of the run, ``<snapshot_prefix>.run``.
        name: name of the entry.
        zoo: target; None for the local zoo.
        labels: file with one class label per line.
        beside: folder of the net's original config, the base of relative paths.
        facts: further facts: ``title``, ``description``, ``license``, ``tags``, ``command``.
        caffemodel: add the weights in Caffe's format.

    Raises:
        ZooError: the folder is not a run folder or has no intact snapshot, or the zoo can't be written to.
    """
    newest = find_newest(run)
    if newest is None:
        raise ZooError(f"nothing to publish in {run}: it has no intact snapshot")
    weights = weights_to_publish(newest)
    files: dict[str, bytes | Path] = {
        NET: run / NET,
        SOLVER: run / SOLVER,
        METRICS: run / METRICS,
        WEIGHTS: weights,
    }
    missing = [file.name for file in files.values() if isinstance(file, Path) and not file.is_file()]
    if missing:
        raise ZooError(f"{run} is not a run folder: missing {', '.join(missing)}")
    for file in (NET, SOLVER, METRICS):
        if not (run / file).resolve().is_relative_to(run.resolve()):
            raise ZooError(f"{run / file} is a link to a file outside of the run's folder")
    if labels:
        files[LABELS] = labels
    iteration = int(newest.name.removeprefix("iter_"))
    made = describe(run / NET, weights, beside=beside)
    if caffemodel:
        made.files[CAFFEMODEL] = as_caffemodel(run / NET, weights)
    stated = {"title": name, "iteration": iteration, "results": _results(run / METRICS, iteration)}
    return publish(name, {**made.files, **files}, {**stated, **made.facts, **(facts or {})}, zoo)


def as_caffemodel(net: Path, weights: Path) -> bytes:
    """Convert weights to a ``.caffemodel`` that includes the net."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / CAFFEMODEL
        save(read(weights), target, load_net(net).message)
        return target.read_bytes()


def _results(metrics: Path, iteration: int) -> dict[str, float]:
    """The outputs of the first test net at an iteration; empty if it was not tested then."""
    results: dict[str, float] = {}
    for line in read_text(metrics).splitlines():
        row = json.loads(line)
        if row.get("phase") == "TEST" and not row.get("net") and row.get("iteration") == iteration:
            outputs = row.get("outputs", {})
            results = {key: v[0] for key, v in outputs.items() if len(v) == 1 and v[0] is not None}
    return results
