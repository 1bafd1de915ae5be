"""``layerzoo zoo``: the model zoo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from layerzoo.cli import gflags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerzoo.zoo import Entry


@gflags.group("Zoo")
def command() -> None:
    """Find, fetch, publish and check nets of the model zoo."""


@command.command("list")
def list_() -> None:
    """List what the local zoo holds, and what comes with Layerzoo."""
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    own, shipped = zoo.entries(), zoo.shipped_entries()
    if not own:
        click.echo(f"the zoo is empty ({zoo.root}); layerzoo train … -publish NAME puts something there")
    _show(own)
    if shipped:
        click.echo("with Layerzoo come:")
        _show(shipped)


command.add_command(list_, "ls")


@command.command("info")
@click.argument("name")
def info(name: str) -> None:
    """Show what an entry is, how it was made and what it holds."""
    from layerzoo.zoo import LocalZoo

    entry = LocalZoo().get(name)
    for key, value in _facts(entry):
        click.echo(f"{key:<14}{value}")
    click.echo("files")
    for file, facts in entry.files.items():
        click.echo(f"  {file:<24}{_size(facts.size):>10}  {facts.sha256[:16]}")


def _show(entries: Sequence[Entry]) -> None:
    from layerzoo.errors import ZooError

    for entry in entries:
        try:
            facts = entry.manifest
            said = f"{facts.get('created', '')[:10]:<12}{_size(entry.size):>9}  {_results(facts)}"
        except ZooError as error:
            said = str(error)
        click.echo(f"{entry.address:<26} {said}".rstrip())


def _facts(entry: Entry) -> list[tuple[str, str]]:
    facts = entry.manifest
    net: Mapping[str, Any] = facts.get("net", {})
    rows: dict[str, Any] = {
        "entry": entry.address,
        "title": facts.get("title"),
        "about": facts.get("description"),
        "results": _results(facts),
        "tested on": facts.get("dataset"),
        "made by": facts.get("command"),
        "iteration": facts.get("iteration"),
        "net": f"{net['name']}: {net['layers']} layers, {net['params']:,} params" if net else None,
        "inputs": _shapes(net.get("inputs", {})),
        "outputs": _shapes(net.get("outputs", {})),
        "images": ", ".join(f"{key} {value}" for key, value in facts.get("preprocessing", {}).items()),
        "licence": facts.get("license"),
        "tags": ", ".join(facts.get("tags", [])),
        "created": f"{facts.get('created', 'at an unknown time')}, by Layerzoo {facts.get('layerzoo', '?')}",
        "id": entry.id,
        "folder": entry.path,
        "size": _size(entry.size),
    }
    return [(key, str(value)) for key, value in rows.items() if value not in (None, "")]


def _results(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in facts.get("results", {}).items())


def _shapes(blobs: Mapping[str, Sequence[int]]) -> str:
    return ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in blobs.items())


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
