"""The zoo: its entries, and one of them."""

from __future__ import annotations

import shlex
from pathlib import Path

from starlette.responses import Response

from layerzoo.home import home
from layerzoo.studio.api.jobs import views
from layerzoo.studio.api.look import net_choices
from layerzoo.studio.api.zoo import HERE, SHIPPED, ZooChoice, entries_of, entry_of, stores_of
from layerzoo.studio.api.zoo_jobs import SUFFIXES, exported
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_SHOWN_JOBS = 6


@page("/zoo", query=ZooChoice)
def zoo(call: Request) -> Response:
    """The entries of the zoo."""
    choice: ZooChoice = call.query
    everything = entries_of(ZooChoice(all=choice.all)).entries
    found = entries_of(choice)
    return render(
        call,
        "zoo.html",
        "zoo",
        "Zoo",
        choice=choice,
        entries=found.entries,
        problems=found.problems,
        has_any=bool(everything),
        places=[(place, sum(row.where == place for row in everything)) for place in (HERE, SHIPPED)],
        tags=sorted({tag for row in everything for tag in row.tags}),
        licenses=sorted({row.license for row in everything if row.license}),
        stores=stores_of(),
        runs=net_choices(call).runs,
        jobs=[job for job in views(call) if job.kind == "zoo"][:_SHOWN_JOBS],
        config=str(home() / "zoo.toml"),
        folder=str(home() / "zoo"),
        command=f"layerzoo zoo search {shlex.quote(choice.search)}" if choice.search else "layerzoo zoo ls",
    )


@page("/zoo/{entry}")
def entry(call: Request) -> Response:
    """An entry of the zoo."""
    found = entry_of(call.path["entry"])
    row = found.row
    jobs = [job for job in views(call) if job.kind == "zoo" and row.address in shlex.split(job.command)]
    return render(
        call,
        "zoo_entry.html",
        "zoo",
        row.title,
        entry=found,
        row=row,
        forms=SUFFIXES,
        stores=stores_of(),
        exported=[file for file in exported(call) if _is_of(file.name, row.name)],
        jobs=jobs[:_SHOWN_JOBS],
        command=f"layerzoo zoo info {row.address}",
    )


def _is_of(file: str, name: str) -> bool:
    """Whether an exported file is named after an entry."""
    return Path(file).name.startswith((name, name.replace("-", "_")))
