"""``layerzoo zoo``: the model zoo."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.group("Zoo")
def command() -> None:
    """Look at the model zoo."""


@command.command("list")
def list_() -> None:
    """List the entries of the local zoo."""
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    entries = zoo.entries()
    if not entries:
        click.echo(f"the zoo is empty ({zoo.root}); layerzoo train … -publish NAME puts something there")
    for entry in entries:
        results = ", ".join(
            f"{name} {value:.4g}" for name, value in entry.manifest.get("results", {}).items()
        )
        click.echo(f"{entry.address:<24} {entry.manifest.get('created', ''):<26} {results}")
