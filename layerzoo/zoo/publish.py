"""Making an entry: all of it, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from layerzoo import __version__
from layerzoo.atomic import atomic_path
from layerzoo.errors import ZooError
from layerzoo.snapshot import find_newest
from layerzoo.zoo.entry import CARD, MANIFEST, METRICS, NET, SOLVER, WEIGHTS, Entry, check_name, digest
from layerzoo.zoo.store import LocalZoo

MAX_TRIES = 100


def publish(
    name: str, files: Mapping[str, bytes | Path], card: Mapping[str, Any], zoo: LocalZoo | None = None
) -> Entry:
    """Publish files as the next version of an entry.

    Args:
        name: of the entry.
        files: what it holds, by file name: contents, or a file to copy.
        card: facts for the card and the manifest (``title``, ``description``, ``results``, ``command``, …).
        zoo: where; None takes the local zoo.

    Raises:
        ZooError: the name can't be used, or the zoo can't be written to.
    """
    zoo = zoo or LocalZoo()
    parent = zoo.root / check_name(name)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for _ in range(MAX_TRIES):
            versions = zoo.versions(name)
            version = versions[-1].version + 1 if versions else 1
            target = parent / str(version)
            try:
                target.mkdir()  # claims the number: only one publisher can make the folder
            except FileExistsError:
                if (target / MANIFEST).exists():
                    continue
            with atomic_path(target) as folder:
                folder.mkdir()
                _write(folder, name, version, files, card)
            return Entry(name, version, target)
    except OSError as error:
        raise ZooError(f"can't publish '{name}' to {zoo.root}: {error.strerror or error}") from error
    raise ZooError(f"can't publish '{name}': {MAX_TRIES} other publishers were faster")


def publish_run(run: Path, name: str, zoo: LocalZoo | None = None) -> Entry:
    """Publish a run's folder: its net, solver, metrics, and the weights of its newest snapshot.

    Raises:
        ZooError: the folder is no run's, or holds no intact snapshot.
    """
    newest = find_newest(run)
    if newest is None:
        raise ZooError(f"nothing to publish in {run}: it holds no intact snapshot")
    files = {WEIGHTS: newest / WEIGHTS, NET: run / NET, SOLVER: run / SOLVER, METRICS: run / METRICS}
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        raise ZooError(f"{run} is no run's folder: it has no {', '.join(missing)}")
    card = {"title": name, "iteration": int(newest.name.removeprefix("iter_")), "results": _results(run)}
    return publish(name, files, card, zoo)


def _results(run: Path) -> dict[str, float]:
    """The outputs of the run's last test."""
    results: dict[str, float] = {}
    for line in (run / METRICS).read_text("utf-8").splitlines():
        row = json.loads(line)
        if row.get("phase") == "TEST":
            outputs = row.get("outputs", {})
            results = {key: v[0] for key, v in outputs.items() if len(v) == 1 and v[0] is not None}
    return results


def _write(
    folder: Path, name: str, version: int, files: Mapping[str, bytes | Path], card: Mapping[str, Any]
) -> None:
    for file, content in files.items():
        (folder / file).write_bytes(content.read_bytes() if isinstance(content, Path) else content)
    (folder / CARD).write_text(_card_text(name, card), "utf-8")
    manifest = {
        "name": name,
        "version": version,
        "layerzoo": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **card,
        "files": {path.name: digest(path) for path in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _card_text(name: str, card: Mapping[str, Any]) -> str:
    """The card: front matter with Hugging Face's keys, then words."""
    results = card.get("results", {})
    front = ["---", f"name: {name}", "library_name: layerzoo"]
    if "license" in card:
        front.append(f"license: {card['license']}")
    if card.get("datasets"):
        front.append(f"datasets: [{', '.join(card['datasets'])}]")
    if results:
        front.append(f"metrics: [{', '.join(results)}]")
    lines = [*front, "---", f"# {card.get('title', name)}", "", card.get("description", ""), ""]
    if results:
        lines += ["| result | value |", "|---|---|", *(f"| {k} | {v:.6g} |" for k, v in results.items()), ""]
    if "command" in card:
        lines += ["Made by:", "", f"    {card['command']}", ""]
    lines += ["Test it:", "", f"    layerzoo test -zoo {name}", ""]
    return "\n".join(lines)
