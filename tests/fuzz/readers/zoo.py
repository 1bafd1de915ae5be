"""What comes from stores and strangers' entries: manifests, indexes, nets, signatures; and settings."""

from __future__ import annotations

import json
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from layerzoo.errors import LayerzooError
from layerzoo.weights import save
from layerzoo.zoo import Entry, load
from layerzoo.zoo.card import card_text
from layerzoo.zoo.describe import describe
from layerzoo.zoo.entry import DEPLOY, NET, ORIGINS, WEIGHTS
from layerzoo.zoo.index import parse_index, search
from layerzoo.zoo.manifest import MANIFEST, SIGNATURE, FileFacts, emit, parse, seal
from layerzoo.zoo.pins import read_pins
from layerzoo.zoo.preprocessing import Preprocessing
from layerzoo.zoo.remotes import remotes
from layerzoo.zoo.signing import check_signature, trusted
from layerzoo.zoo.zoo_net import entry_net, labels_of
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, json_text, mutate_json, mutate_text
from tests.fuzz.readers.schema import words as schema_words
from tests.fuzz.readers.seeds import NET as NET_TEXT
from tests.fuzz.readers.weights import net

_WORDS = ("name", "version", "files", "id", "sha256", "size", "preprocessing", "results", "tags", "net",
"title", "mean.npy",
          "../x", "entry.json", "CON", DEPLOY, NET, WEIGHTS, "0" * 64, "format")  # fmt: skip
_PREPROCESSING = {"channels": 1, "order": "GREY", "size": [6, 6], "value_scale": 0.5, "crop_size": 4,
                  "mean_value": [0.5], "scale": 2.0, "mean_file": ""}  # fmt: skip


@cache
def _files() -> dict[str, bytes]:
    """The files of an entry, without its manifest."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / NET).write_text(NET_TEXT)
        save(net().weights, path / WEIGHTS)
        made = describe(path / NET, path / WEIGHTS)
        files = {name: content for name, content in made.files.items() if isinstance(content, bytes)}
        files |= {
            NET: (path / NET).read_bytes(),
            WEIGHTS: (path / WEIGHTS).read_bytes(),
            "labels.txt": b"a\nb\nc\n",
        }
    return files


def _manifest(files: dict[str, bytes]) -> dict[str, Any]:
    listed = {name: FileFacts(sha256(data).hexdigest(), len(data))._asdict() for name, data in files.items()}
    facts = {"name": "small", "version": 1, "title": "Small", "description": "A net.", "tags": ["a"],
             "results": {"accuracy": 0.5}, "created": "2026-01-01T00:00:00+00:00", "iteration": 3,
             "preprocessing": {k: v for k, v in _PREPROCESSING.items() if k != "mean_file"},
             "files": listed}  # fmt: skip
    return seal(facts)


def _manifest_text(random: Random) -> bytes:
    manifest = mutate_json(random, _manifest(_files()), _WORDS)
    try:
        if isinstance(manifest, dict) and random.random() < 0.9:
            version = manifest.get("format")
            manifest.pop("format", None)
            manifest = seal(manifest)
            if version != manifest["format"] and random.random() < 0.3:
                manifest["format"] = version
        text = emit(manifest)
    except (ValueError, RecursionError, TypeError, AttributeError):
        text = json_text(random, manifest)
    return text.encode("utf-8", "surrogatepass" if random.random() < 0.5 else "replace")


@kind("manifest", _manifest_text, text=True)
def read_manifest(data: bytes, folder: Path) -> None:
    """An entry whose manifest is sealed again is verified, described, and its net loaded."""
    manifest = parse(data, "entry")
    card_text(manifest["name"], manifest)
    Preprocessing.parse(manifest.get("preprocessing", {}), folder)
    _use(folder, {**_files(), MANIFEST: data})


def _net_text(random: Random) -> bytes:
    paths = (
        "source",
        "mean_file",
        "root_folder",
        '"../x"',
        '"/etc/passwd"',
        '"ImageData"',
        '"HDF5Output"',
        '"Python"',
    )
    text = _files()[random.choice((DEPLOY, NET))].decode()
    return as_bytes(random, encodable(mutate_text(random, text, [*paths, *schema_words()])))


@kind("zoo-net", _net_text, text=True, share=0.5)
def read_net(data: bytes, folder: Path) -> None:
    """An entry with another net is loaded as one from a stranger."""
    files = {**_files(), DEPLOY: data, NET: data}
    _use(folder, {**files, MANIFEST: emit(_manifest(files)).encode()})


def _use(folder: Path, files: dict[str, bytes]) -> None:
    path = folder / "zoo" / "small" / "1"
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    (folder / "zoo" / ORIGINS).mkdir()
    (folder / "zoo" / ORIGINS / "small@1").write_text("http://strangers.example\n")
    entry = Entry("small", 1, path)
    entry.faults()
    entry.verify()
    entry_net(entry, NET)
    labels_of(entry)
    load(entry, check=False)


def _index(random: Random) -> bytes:
    row = {"name": "small", "version": 2, "id": "0" * 64, "size": 9, "title": "Small", "tags": ["a",
    "b"], "signed": True,
           "results": {"accuracy": 0.98}, "created": "2026-01-01"}  # fmt: skip
    index = {
        "format": 1,
        "entries": [row, {**row, "version": 1}, {"name": "b", "version": 1, "id": "1" * 64}],
    }
    return as_bytes(random, encodable(json_text(random, mutate_json(random, index, _WORDS))))


@kind("index", _index, text=True, share=0.5)
def read_index(data: bytes, folder: Path) -> None:
    """An index is read, searched and shown."""
    rows = parse_index(data, "store")
    search(rows, "small accuracy>0.5")
    for row in rows:
        f"{row.address} {row.size:,} {row.title} {' '.join(row.tags)}"


_SIGNED = {"key": "layerzoo-public-" + "A" * 43, "signature": "B" * 86}
_TOML = """[stores.team]
urls = ["https://a.example/zoo", "s3://b"]
token_env = "T"
signed = true
[stores.b]
url = "x"
"""


def _settings(random: Random) -> bytes:
    choice = random.randrange(4)
    if choice == 0:
        text = "pins\n" + json_text(
            random,
            mutate_json(random, {"format": 1, "entries": {"small": {"version": 1, "id": "0" * 64}}}, _WORDS),
        )
    elif choice == 1:
        text = "signature\n" + json_text(random, mutate_json(random, _SIGNED))
    elif choice == 2:
        text = "stores\n" + mutate_text(random, _TOML, ("stores", "[[stores]]", "urls", "true", "'''"))
    else:
        text = "keys\n" + mutate_text(random, f"{_SIGNED['key']} Ann\n# x\nshort\n")
    return as_bytes(random, encodable(text))


@kind("zoo-settings", _settings, text=True, share=0.5)
def read_settings(data: bytes, folder: Path) -> None:
    """Pins, a signature, configured stores or trusted keys, as the first line says."""
    which, _, content = data.partition(b"\n")
    before = os.environ["LAYERZOO_HOME"]
    os.environ["LAYERZOO_HOME"] = str(folder)
    try:
        if which == b"pins":
            (folder / "zoo.lock").write_bytes(content)
            read_pins(folder / "zoo.lock")
        elif which == b"stores":
            (folder / "zoo.toml").write_bytes(content)
            for remote in remotes():
                remote.urls  # noqa: B018 (computed)
        elif which == b"keys":
            (folder / "trusted_keys").write_bytes(content)
            trusted()
        else:
            (folder / MANIFEST).write_text(emit(_manifest({})))
            (folder / SIGNATURE).write_bytes(content)
            check_signature(Entry("small", 1, folder))
    finally:
        os.environ["LAYERZOO_HOME"] = before


def _how(random: Random) -> bytes:
    words = (*_PREPROCESSING, "BGR", "RGB", "../x", "mean.npy")
    return as_bytes(random, encodable(json_text(random, mutate_json(random, _PREPROCESSING, words))))


@kind("preprocessing", _how, text=True, share=0.3)
def read_preprocessing(data: bytes, folder: Path) -> None:
    """The preprocessing of a manifest is used on an image."""
    from tests.fuzz.readers.images import encoded

    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LayerzooError(str(error)) from None
    if not isinstance(found, dict):
        return
    how = Preprocessing.parse(found, folder)
    if how.size[0] * how.size[1] < 1 << 16:
        how.image(encoded()[0], "the image")
