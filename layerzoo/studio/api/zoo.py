"""The zoo: entries of this machine, of stores, and their facts; what changes it runs as jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from starlette.responses import FileResponse

from layerzoo.errors import LayerzooError, UsageError, ZooError
from layerzoo.regular_file import read_text
from layerzoo.studio.routing import NotFoundError, service
from layerzoo.studio.studio import Request
from layerzoo.zoo.classics import classics
from layerzoo.zoo.entry import CARD, Entry
from layerzoo.zoo.fetch import listing
from layerzoo.zoo.index import Row, search
from layerzoo.zoo.manifest import SIGNATURE
from layerzoo.zoo.remotes import offline, remotes
from layerzoo.zoo.signing import check_signature
from layerzoo.zoo.store import LocalZoo

HERE: Final = "here"
SHIPPED: Final = "part of Layerzoo"
CLASSICS: Final = "classics"
_MAX_ROWS: Final = 2000


@dataclass
class ZooChoice:
    """Which entries.

    Attributes:
        search: words, and comparisons such as ``accuracy>0.98``.
        where: here, ``part of Layerzoo``; empty for both.
        tag, license: entries that have it.
        all: all versions, not the newest alone.
    """

    search: str = ""
    where: str = ""
    tag: str = ""
    license: str = ""
    all: bool = False


@dataclass
class StoreChoice:
    """Which entries of stores.

    Attributes:
        store: name or URL of a store of zoo.toml; empty for all.
        search: as of the local zoo.
    """

    store: str = ""
    search: str = ""


@dataclass
class ZooRow:
    """An entry, as lists show it."""

    address: str
    name: str
    version: int
    title: str
    description: str
    dataset: str
    license: str
    created: str
    signed: bool
    tags: list[str]
    results: dict[str, float]
    size: int
    where: str
    here: bool = True


@dataclass
class ZooList:
    """Entries; ``problems``: what could not be read."""

    entries: list[ZooRow]
    problems: list[str] = field(default_factory=list)


@dataclass
class StoreFacts:
    """A store of zoo.toml; ``signed``: it gives signed entries only."""

    name: str
    urls: list[str]
    signed: bool


@dataclass
class Stores:
    """The stores, and whether downloads are switched off by LAYERZOO_OFFLINE."""

    stores: list[StoreFacts]
    offline: bool


@dataclass
class Signature:
    """Who signed an entry.

    Attributes:
        state: unsigned, trusted, unknown (a key that isn't in trusted_keys), or invalid.
        text: the signer, or what is wrong.
    """

    state: str
    text: str


@dataclass
class ZooFile:
    """A file of an entry."""

    name: str
    size: int
    sha256: str


@dataclass
class ZooEntry:
    """An entry.

    Attributes:
        row: as lists show it.
        id: sha256 of its manifest.
        folder: where it is.
        origin: where it was downloaded from.
        facts: further facts, each a title and a text.
        card: its README.
        signature: who signed it.
        files: its files.
        versions: addresses of all versions that are here.
        looks: it can be looked at.
    """

    row: ZooRow
    id: str
    folder: str
    origin: str
    facts: list[list[str]]
    card: str
    signature: Signature
    files: list[ZooFile]
    versions: list[str]
    looks: bool


def entries_of(choice: ZooChoice) -> ZooList:
    """The entries of this machine.

    Raises:
        UsageError: a comparison of the search is malformed.
    """
    zoo = LocalZoo()
    found: list[tuple[str, Entry]] = []
    if choice.where in ("", HERE):
        found += [(HERE, entry) for entry in zoo.entries()]
    if choice.where in ("", SHIPPED):
        found += [(SHIPPED, entry) for entry in zoo.shipped_entries()]
    if not choice.all:
        newest = {(where, entry.name): (where, entry) for where, entry in found}
        found = list(newest.values())
    rows, problems = [], []
    for where, entry in found:
        try:
            row = Row.of(entry)
        except LayerzooError as error:
            problems.append(str(error))
            continue
        if choice.tag and choice.tag not in row.tags:
            continue
        if choice.license and row.license != choice.license:
            continue
        if search([row], choice.search):
            rows.append(zoo_row(row, where))
    return ZooList(rows[:_MAX_ROWS], problems)


def zoo_row(row: Row, where: str, here: bool = True) -> ZooRow:
    """A row of an index, as lists show it."""
    return ZooRow(
        row.address,
        row.name,
        row.version,
        row.title or row.name,
        row.description,
        row.dataset,
        row.license,
        row.created,
        row.signed,
        list(row.tags),
        dict(row.results),
        row.size,
        where,
        here,
    )


def stores_of() -> Stores:
    """The configured stores."""
    return Stores([StoreFacts(one.name, list(one.urls), one.signed) for one in remotes()], offline())


def entry_of(address: str) -> ZooEntry:
    """All that is known of an entry of this machine.

    Raises:
        NotFoundError: there is none.
    """
    zoo = LocalZoo()
    try:
        entry = zoo.get(address)
        facts = entry.manifest
    except ZooError as error:
        raise NotFoundError(str(error)) from None
    own = entry.path.is_relative_to(zoo.root)
    known = [one for one in (*zoo.entries(), *zoo.shipped_entries()) if one.name == entry.name]
    try:
        card = read_text(entry.path / CARD)[: 1 << 16] if CARD in entry else ""
    except (OSError, UnicodeDecodeError):
        card = ""
    return ZooEntry(
        zoo_row(Row.of(entry), HERE if own else SHIPPED),
        entry.id,
        str(entry.path),
        entry.origin,
        _facts(facts),
        card,
        signature_of(entry),
        [ZooFile(name, one.size, one.sha256) for name, one in entry.files.items()],
        list(dict.fromkeys(one.address for one in reversed(known))),
        "deploy.prototxt" in entry or "generate.prototxt" in entry,
    )


def signature_of(entry: Entry) -> Signature:
    """Who signed an entry, after its signature was verified."""
    if not (entry.path / SIGNATURE).exists():
        return Signature("unsigned", "not signed")
    try:
        signer = check_signature(entry)
    except LayerzooError as error:
        return Signature("invalid", str(error))
    if signer is None:
        return Signature("unknown", "signed by a key that is not in trusted_keys")
    return Signature("trusted", f"signed by {signer}")


def _facts(facts: Mapping[str, Any]) -> list[list[str]]:
    net = facts.get("net", {})
    rows = {
        "Net": f"{net['name']}: {net['layers']} layers, {net['params']:,} params" if net else "",
        "Inputs": _shapes(net.get("inputs", {})),
        "Outputs": _shapes(net.get("outputs", {})),
        "Images": ", ".join(f"{key} {value}" for key, value in facts.get("preprocessing", {}).items()),
        "Tested on": facts.get("dataset", ""),
        "Iteration": f"{facts['iteration']:,}" if facts.get("iteration") else "",
        "Chosen by": facts.get("chosen_by", ""),
        "Trained by": facts.get("command", ""),
        "Written by": f"Layerzoo {facts.get('layerzoo', '?')}",
    }
    return [[title, str(text)] for title, text in rows.items() if text]


def _shapes(blobs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in blobs.items())


@service("GET", "/api/zoo", query=ZooChoice, answer=ZooList)
def list_entries(call: Request) -> ZooList:
    """Entries of the zoo of this machine, and those that come with Layerzoo."""
    return entries_of(call.query)


@service("GET", "/api/zoo/stores", answer=Stores)
def list_stores(call: Request) -> Stores:
    """The stores of zoo.toml or LAYERZOO_STORES."""
    return stores_of()


@service("GET", "/api/zoo/remote", role="run", query=StoreChoice, answer=ZooList)
def list_remote(call: Request) -> ZooList:
    """Entries of stores, which are asked over the network; and classic nets, which publishers offer."""
    wanted: StoreChoice = call.query
    zoo = LocalZoo()
    here = {entry.address for entry in (*zoo.entries(), *zoo.shipped_entries())}
    names = {address.partition("@")[0] for address in here}
    rows, problems = [], []
    if wanted.store in ("", CLASSICS):
        old = [
            Row(one.name, 1, "", 0, one.title, one.note, one.dataset, one.license, results=one.results)
            for one in classics().values()
            if one.url and one.sha
        ]
        rows = [zoo_row(row, CLASSICS, row.name in names) for row in search(old, wanted.search)]
    known = {remote.name: remote for remote in remotes()}
    if wanted.store and wanted.store != CLASSICS and wanted.store not in known:
        raise NotFoundError(f"no store {wanted.store!r}; stores are configured in zoo.toml in LAYERZOO_HOME")
    for name, remote in known.items():
        if wanted.store not in ("", name):
            continue
        if offline():
            problems.append(f"{name}: LAYERZOO_OFFLINE is set, so no store is asked")
            continue
        try:
            found = search(listing(remote), wanted.search)
        except (ZooError, OSError) as error:
            problems.append(str(error))
            continue
        rows += [zoo_row(row, name, row.address in here) for row in found]
    return ZooList(rows[:_MAX_ROWS], problems)


@service("GET", "/api/zoo/entries/{entry}", answer=ZooEntry)
def show_entry(call: Request) -> ZooEntry:
    """An entry: facts, card, files and signature."""
    return entry_of(call.path["entry"])


@service("GET", "/api/zoo/entries/{entry}/files/{file}")
def download(call: Request) -> FileResponse:
    """A file of an entry, after its sha256 was verified."""
    try:
        path = LocalZoo().get(call.path["entry"]).file(call.path["file"])
    except ZooError as error:
        raise NotFoundError(str(error)) from None
    return attached(path)


def attached(path: Path) -> FileResponse:
    """A file that the browser saves and does not show."""
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


def check_word(name: str, text: str) -> str:
    """A word of a command that is no flag.

    Raises:
        UsageError: it is empty, or could be taken for a flag.
    """
    if not text.strip() or text.startswith("-") or "\0" in text:
        raise UsageError(f"{name} is {text!r}; expected a name")
    return text.strip()
