"""Nets as text: prototxt, YAML, old formats, arguments of ``-set``; read, upgraded and written again."""

from __future__ import annotations

from pathlib import Path
from random import Random

from layerzoo.errors import Fault
from layerzoo.legacy.v0 import _FIELDS, _PARAMS, _TYPES
from layerzoo.loader import emit, load_net, parse_either, parse_net
from layerzoo.loader.upgrade import upgrade_file
from layerzoo.schema import NetParameter, SolverParameter, fields, legacy_net
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, mutate_bytes, mutate_text
from tests.fuzz.readers.schema import prototxt, random_message, random_tree, words, yaml
from tests.fuzz.readers.seeds import ARGUMENTS, NET, NETS, OLD_NETS, SOLVERS, YAML_NETS


def _prototxt(random: Random) -> bytes:
    if random.random() < 0.5:
        text = prototxt(random, random_tree(random, NetParameter))
        text = mutate_text(random, text, words()) if random.random() < 0.5 else text
    else:
        text = mutate_text(random, random.choice(NETS), words(), NETS)
    return as_bytes(random, encodable(text))


@kind("prototxt", _prototxt, text=True, share=4)
def read_prototxt(data: bytes, folder: Path) -> None:
    """A net's file is loaded; what is accepted is written and read again, and is the same."""
    (folder / "net.prototxt").write_bytes(data)
    net = load_net(folder / "net.prototxt").message
    for form in ("prototxt", "yaml"):
        again = parse_net(emit(net, form), format=form).message  # type: ignore[arg-type]  # a literal
        assert again.SerializeToString(deterministic=True) == net.SerializeToString(deterministic=True), form


def _yaml(random: Random) -> bytes:
    if random.random() < 0.5:
        text = yaml(random, random_tree(random, random.choice((NetParameter, NetParameter, SolverParameter))))
        text = mutate_text(random, text, words()) if random.random() < 0.5 else text
    else:
        text = mutate_text(random, random.choice(YAML_NETS), words(), YAML_NETS)
    return as_bytes(random, encodable(text))


@kind("yaml", _yaml, text=True, share=3)
def read_yaml(data: bytes, folder: Path) -> None:
    """A YAML file is loaded as a net or solver, leniently too."""
    (folder / "net.yaml").write_bytes(data)
    faults: list[Fault] = []
    from layerzoo.loader.files import read_source

    source = read_source(folder / "net.yaml")
    parse_either(source, lenient=True, faults=faults)
    "".join(map(str, faults))
    parse_either(source)


def _old(random: Random) -> bytes:
    if random.random() < 0.5:
        text = mutate_text(random, random.choice(OLD_NETS), [*words(), *_FIELDS, *_TYPES, *_PARAMS], OLD_NETS)
    else:
        text = prototxt(random, random_tree(random, legacy_net()))
    return as_bytes(random, encodable(text))


@kind("old-text", _old, text=True, share=2)
def read_old(data: bytes, folder: Path) -> None:
    """A file of format V0, V1 or early V2 is upgraded."""
    (folder / "old.prototxt").write_bytes(data)
    upgrade_file(folder / "old.prototxt", folder / "new.prototxt")
    load_net(folder / "new.prototxt")


def _set(random: Random) -> bytes:
    if random.random() < 0.3:
        (key, value), *_ = random_tree(random, random.choice((NetParameter, SolverParameter)), most=1)
        given = value if isinstance(value, str) else "{" + prototxt(random, value) + "}"
        path = "".join(
            f"{random.choice(words())}{random.choice(('', '', '[0]', '[ip1]'))}." for _ in range(2)
        )
        return encodable(f"{random.choice(('', path))}{key}={given}").encode("utf-8", "surrogateescape")
    text = mutate_text(random, random.choice(ARGUMENTS), words(), ARGUMENTS)
    return encodable(text).encode("utf-8", "surrogateescape")


@kind("set", _set, text=True, share=2)
def read_set(data: bytes, folder: Path) -> None:
    """An argument of ``-set`` changes a net or a solver."""
    text = data.decode("utf-8", "surrogateescape")
    first = text.partition("=")[0].partition(".")[0].partition("[")[0]
    parse_either(SOLVERS[0] + f"net_param {{ {NET} }}" if first in fields(SolverParameter) else NET)
    from layerzoo.loader import parse_solver

    if first in fields(SolverParameter) and first not in fields(NetParameter):
        parse_solver(SOLVERS[0] + f"net_param {{ {NET} }}", [text])
    else:
        parse_net(NET, [text])


def _binary(random: Random) -> bytes:
    message = random_message(
        random, random.choice((NetParameter, legacy_net(), legacy_net(), SolverParameter))
    )
    data = message.SerializePartialToString()
    return data if random.random() < 0.4 else mutate_bytes(random, data)


@kind("old-binary", _binary)
def read_binary(data: bytes, folder: Path) -> None:
    """A binary net or solver is upgraded to text, and to today's binary format."""
    (folder / "old.caffemodel").write_bytes(data)
    upgrade_file(folder / "old.caffemodel", folder / "new.prototxt")
    upgrade_file(folder / "old.caffemodel", folder / "new.caffemodel")
