"""Nets that the worker has loaded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import UsageError
from layerzoo.heap import keep_freed_memory
from layerzoo.solver.thread_count import choose_threads
from layerzoo.zoo import LocalZoo, ZooNet, load
from layerzoo.zoo.unpublished import Unpublished, of_config, of_run, open_deployed

_KEPT: Final = 3
_nets: OrderedDict[Hashable, ZooNet] = OrderedDict()

Target = dict[str, Any]
"""Which net: ``zoo``, the address of an entry; ``run``, the folder of a run; or ``net``, a config, and
``weights``, files."""


def open_net(target: Target) -> ZooNet:
    """A net for deployment with its weights, from memory if it is as it was.

    Raises:
        LayerzooError: it can't be loaded.
    """
    if target.get("zoo"):
        entry = LocalZoo().get(target["zoo"])
        key: Hashable = ("zoo", str(entry.path), entry.id)
        if key not in _nets:
            _nets[key] = _prepared(load(entry))
    else:
        found = unpublished(target)
        files = [found.net, *map(Path, found.weights)]
        key = tuple((str(file), file.stat().st_mtime_ns) for file in files)
        if key not in _nets:
            _nets[key] = _prepared(open_deployed(found))
    _nets.move_to_end(key)
    while len(_nets) > _KEPT:
        _nets.popitem(last=False)
    return _nets[key]


def unpublished(target: Target) -> Unpublished:
    """The config and the weights of a net that isn't an entry.

    Raises:
        UsageError: none is named.
    """
    if target.get("run"):
        return of_run(Path(target["run"]))
    if not target.get("net") or not target.get("weights"):
        raise UsageError("name a net: a run, an entry of the zoo, or a config with its weights")
    return of_config(target["net"], target["weights"])


def _prepared(net: ZooNet) -> ZooNet:
    keep_freed_memory()
    choose_threads(net.net.graph, None, None)
    return net
