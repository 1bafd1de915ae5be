"""Nets and solvers: the list, the editor, and two beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.responses import Response

from layerzoo.studio.api.nets import NetPath, NetText, Pair, Wanted, configs, diff, nets_of, text_of, zoo
from layerzoo.studio.nets import SUFFIXES
from layerzoo.studio.pages.rendering import command, render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_EXAMPLE = """\
name: my-net
layer:
- name: data
  type: Input
  top: data
  input_param: {shape: {dim: [1, 1, 28, 28]}}
- name: ip1
  type: InnerProduct
  bottom: data
  top: ip1
  inner_product_param: {num_output: 10, weight_filler: {type: xavier}}
"""


@dataclass
class Shown(Wanted):
    """Which nets are listed; and where a new one begins.

    Attributes:
        model: for the form of a new net, such as ``zoo:lenet-digits``.
        data: the data of the new net.
    """

    model: str = ""
    data: str = ""


@page("/nets", query=Shown)
def nets(call: Request) -> Response:
    """Nets and solvers, and new ones."""
    wanted: Shown = call.query
    found = nets_of(call, Wanted(wanted.search, wanted.kind))
    shipped = [
        (family, list(entries)) for family, entries in groupby(configs(call), key=lambda one: one.family)
    ]
    root = call.studio.roots.folders[0]
    return render(
        call,
        "nets.html",
        "nets",
        "Nets",
        wanted=wanted,
        nets=found.nets,
        more=found.more,
        shipped=shipped,
        zoo=zoo(call),
        root=str(root),
        command=f"layerzoo new DIR -data {wanted.data or 'PATH'}"
        + (f" -model {wanted.model}" if wanted.model else ""),
    )


@page("/nets/edit", query=NetPath)
def edit(call: Request) -> Response:
    """A net or solver: its text, and its picture beside it."""
    wanted: NetPath = call.query
    is_new = not (wanted.path or wanted.config)
    shown = NetText("", _EXAMPLE, "", "net", True) if is_new else text_of(call, wanted)
    call.studio.workers.warm()
    flag = "-solver" if shown.kind == "solver" else "-model"
    name = shown.path.rpartition("/")[2]
    return render(
        call,
        "net_edit.html",
        "nets",
        name or "New net",
        shown=shown,
        name=name,
        config=wanted.config,
        format="yaml" if is_new or shown.path.endswith(SUFFIXES[1:]) else "prototxt",
        editable=shown.writable and call.user.may("run"),
        command=command(["check", flag, shown.path]) if shown.path else "",
    )


@page("/nets/diff", query=Pair)
def compare(call: Request) -> Response:
    """Two nets or solvers beside each other."""
    found: dict[str, Any] = diff(call)
    return render(
        call,
        "net_diff.html",
        "nets",
        "Differences",
        old=call.query.old,
        new=call.query.new,
        found=found,
        command=command(["diff", call.query.old, call.query.new]),
    )
