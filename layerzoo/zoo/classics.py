"""The classics of Caffe's model zoo, by the catalogue that comes with Layerzoo."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import ZooError
from layerzoo.loader.files import PACKAGE
from layerzoo.zoo.caffe_entry import CaffeEntry, import_caffe
from layerzoo.zoo.download import Progress, download
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.store import SHIPPED, LocalZoo

CATALOGUE: Final = SHIPPED / "classics" / "catalogue.toml"


@dataclass(frozen=True)
class Classic:
    """A net of the catalogue.

    Attributes:
        name: what the entry is called.
        title: for people.
        net: our config of it.
        url: where its weights were published; empty where that was not found.
        sha1, sha256: of that file; one of them, or none where it was not found.
        license: empty where it was not found.
        dataset, results: what its makers said of it.
        preprocessing: of images.
        source: the public documentation that says so.
        note: what was not found.
    """

    name: str
    title: str
    net: str
    url: str = ""
    sha1: str = ""
    sha256: str = ""
    license: str = ""
    dataset: str = ""
    results: Mapping[str, float] = field(default_factory=dict)
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    note: str = ""

    @property
    def sha(self) -> str:
        """The published hash; empty where none was found."""
        return self.sha256 or self.sha1


@cache
def classics(catalogue: Path = CATALOGUE) -> Mapping[str, Classic]:
    """The nets of a catalogue, by name."""
    return {
        name: Classic(name, **table) for name, table in tomllib.loads(catalogue.read_text("utf-8")).items()
    }


def get_classic(classic: Classic, zoo: LocalZoo, progress: Progress | None = None) -> Entry:
    """Fetch a classic, compare its hash, and publish it in the zoo; a broken download goes on where it ended.

    Raises:
        ZooError: it can't be had, or is not what was published.
    """
    if not classic.url or not classic.sha:
        missing = "URL" if not classic.url else "hash"
        raise ZooError(f"no {missing} of '{classic.name}' was found in public documentation")
    try:
        with zoo.lock(f"get-{classic.sha}"):
            folder = zoo.incomplete / f"get-{classic.sha}"
            folder.mkdir(parents=True, exist_ok=True)
            weights = download(classic.url, folder / classic.url.rpartition("/")[2], classic.sha, progress)
            found = CaffeEntry(PACKAGE / classic.net, weights)
            facts = {
                "title": classic.title,
                "description": " ".join(text for text in (classic.note, f"Facts: {classic.source}.") if text),
                "license": classic.license,
                "dataset": classic.dataset,
                "results": dict(classic.results),
            }
            made = import_caffe(
                found, classic.name, zoo, origin=classic.url, preprocessing=classic.preprocessing, facts=facts
            )
            weights.unlink()
            return made
    except OSError as error:
        raise ZooError(f"can't store '{classic.name}' in {zoo.root}: {error.strerror or error}") from error
