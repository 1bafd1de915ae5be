"""Print zoo entries: one line per entry, or all facts of one entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from layerzoo.disk import decimal_size

if TYPE_CHECKING:
    from layerzoo.zoo import Entry


def show(entries: Sequence[Entry]) -> None:
    """Print a line per entry: address, date, size, results."""
    from layerzoo.errors import ZooError

    for entry in entries:
        try:
            facts = entry.manifest
            results = results_text(facts.get("results", {}))
            line = f"{facts.get('created', '')[:10]:<12}{decimal_size(entry.size):>9}  {results}"
        except ZooError as error:
            line = str(error)
        click.echo(f"{entry.address:<26} {line}".rstrip())


def is_whole(entry: Entry) -> bool:
    """Whether an entry's manifest can be read; if not, the reason is printed on stderr."""
    from layerzoo.errors import ZooError

    try:
        return bool(entry.manifest)
    except ZooError as error:
        click.echo(str(error), err=True)
        return False


def facts_of(entry: Entry) -> list[tuple[str, str]]:
    """The facts of an entry that are given, each a title and a text."""
    facts = entry.manifest
    net: Mapping[str, Any] = facts.get("net", {})
    rows: dict[str, Any] = {
        "entry": entry.address,
        "title": facts.get("title"),
        "about": facts.get("description"),
        "results": results_text(facts.get("results", {})),
        "tested on": facts.get("dataset"),
        "trained by": facts.get("command"),
        "iteration": facts.get("iteration"),
        "net": f"{net['name']}: {net['layers']} layers, {net['params']:,} params" if net else None,
        "inputs": _shapes(net.get("inputs", {})),
        "outputs": _shapes(net.get("outputs", {})),
        "images": ", ".join(f"{key} {value}" for key, value in facts.get("preprocessing", {}).items()),
        "licence": facts.get("license"),
        "tags": ", ".join(facts.get("tags", [])),
        "created": f"{facts.get('created', 'at an unknown time')}, by Layerzoo {facts.get('layerzoo', '?')}",
        "from": entry.origin,
        "signed by": _signer(entry),
        "id": entry.id,
        "folder": entry.path,
        "size": decimal_size(entry.size),
    }
    return [(key, str(value)) for key, value in rows.items() if value not in (None, "")]


def _signer(entry: Entry) -> str | None:
    from layerzoo.zoo.manifest import SIGNATURE
    from layerzoo.zoo.signing import check_signature

    if not (entry.path / SIGNATURE).exists():
        return None
    return check_signature(entry) or "a key that is not in trusted_keys"


def results_text(results: Mapping[str, float]) -> str:
    """Format results as one line."""
    return ", ".join(f"{name} {value:.4g}" for name, value in results.items())


def _shapes(blobs: Mapping[str, Iterable[int]]) -> str:
    return ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in blobs.items())
