"""Compare the settings of processes that train together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from layerzoo.loader import Document
    from layerzoo.ranks import Ranks
    from layerzoo.schema import NetParameter, SolverParameter

_MAY_DIFFER = frozenset(
    {"net", "train_net", "test_net", "snapshot_prefix", "weights", "device_id", "publish"}
)
"""Settings that may differ: paths, and what only the main process uses."""


def check_alike(document: Document[SolverParameter], ranks: Ranks) -> None:
    """Check that all processes have the same settings; paths may differ. All processes have to call it.

    Raises:
        UsageError: they have not; the same in each process.
    """
    if ranks.count == 1:
        return
    from layerzoo.errors import UsageError

    ours = dict(_settings(document))
    main = ranks.from_main(ours)
    changed = next((name for name in [*main, *ours] if main.get(name) != ours.get(name)), None)
    found = None
    if changed is not None:
        values = (ours.get(changed, "not given"), main.get(changed, "not given"))
        found = (
            f"{changed} is {values[0]} in process {ranks.rank} on machine {ranks.machine(ranks.rank)}, "
            + (f"but {values[1]} in the main process on machine {ranks.machine(0)}")
        )
    message = ranks.from_main(next((each for each in ranks.gather(found) if each is not None), None))
    if message is not None:
        raise UsageError(
            f"{message}; processes that train one net need the same config and -set on each machine"
        )


def _settings(document: Document[SolverParameter]) -> Iterator[tuple[str, str]]:
    """The settings of a solver and its nets, by their paths as -set takes them."""
    for name, value in _fields("", document.message):
        if name.partition(".")[0] not in _MAY_DIFFER:
            yield name, value
    for key, nets in document.nets.items():
        for number, net in enumerate(nets):
            yield from _of_net(f"{key}.{number}" if number else key, net.message)


def _of_net(path: str, net: NetParameter) -> Iterator[tuple[str, str]]:
    from layerzoo.layer import kind_of

    rest = type(net)()
    rest.CopyFrom(net)
    rest.ClearField("layer")
    yield from _fields(f"{path}.", rest)
    for number, layer in enumerate(net.layer):
        kind, place = kind_of(layer), f"{path}.layer[{layer.name or number}]."
        paths = {f"{place}{each}" for each in (() if kind is None else kind.path_fields)}
        yield from (each for each in _fields(place, layer) if each[0] not in paths)


def _fields(path: str, message: Message) -> Iterator[tuple[str, str]]:
    """The values in a message, with those of the messages in it; each item of a list has its number."""
    for field, value in message.ListFields():
        items = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else None
        for number, item in enumerate([value] if items is None else items):
            name = f"{path}{field.name}" if items is None else f"{path}{field.name}.{number}"
            if field.message_type is not None:
                yield from _fields(f"{name}.", item)
            elif field.enum_type is not None:
                yield name, field.enum_type.values_by_number[item].name
            else:
                yield name, f"{item:.7g}" if isinstance(item, float) else str(item)
