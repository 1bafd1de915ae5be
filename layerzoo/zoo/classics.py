"""Download classics of Caffe's model zoo, listed in a catalogue that comes with Layerzoo."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import ZooError
from layerzoo.home import PACKAGE
from layerzoo.zoo.download import Progress, download
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.store import SHIPPED, LocalZoo

CATALOGUE: Final = SHIPPED / "classics" / "catalogue.toml"


@dataclass(frozen=True)
class Classic:
    """A net of the catalogue.

    Attributes:
        name: name of the entry.
        title: display name.
        net: path of our config.
        url: URL of the published weights; empty if unknown.
        sha1, sha256: hash of that file; both empty if unknown.
        license: empty if unknown.
        dataset, results: data set and scores as published.
        preprocessing: preprocessing of images.
        source: public documentation of these facts.
        note: facts that could not be verified.
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
        """The published hash; empty if unknown."""
        return self.sha256 or self.sha1


@cache
def classics(catalogue: Path = CATALOGUE) -> Mapping[str, Classic]:
    """The nets of a catalogue, by name."""
    return {
        name: Classic(name, **table) for name, table in tomllib.loads(catalogue.read_text("utf-8")).items()
    }


def get_classic(classic: Classic, zoo: LocalZoo, progress: Progress | None = None) -> Entry:
    """Download a classic, verify its hash, and publish it in the zoo; interrupted downloads are resumed.

    Raises:
        ZooError: it is not available, or its hash differs.
    """
    from layerzoo.zoo.caffe_entry import CaffeEntry, import_caffe  # the catalogue alone needs no torch

    if not classic.url or not classic.sha:
        missing = "URL" if not classic.url else "hash"
        raise ZooError(f"'{classic.name}' can't be downloaded: its {missing} is not publicly documented")
    try:
        with zoo.lock(f"get-{classic.sha}"):
            folder = zoo.incomplete / f"get-{classic.sha}"
            folder.mkdir(parents=True, exist_ok=True)
            weights = download(classic.url, folder / classic.url.rpartition("/")[2], classic.sha, progress)
            source = CaffeEntry(PACKAGE / classic.net, weights)
            facts = {
                "title": classic.title,
                "description": " ".join(text for text in (classic.note, f"Facts: {classic.source}.") if text),
                "license": classic.license,
                "dataset": classic.dataset,
                "results": dict(classic.results),
            }
            entry = import_caffe(
                source,
                classic.name,
                zoo,
                origin=classic.url,
                preprocessing=classic.preprocessing,
                facts=facts,
            )
            weights.unlink()
            return entry
    except OSError as error:
        raise ZooError(f"can't store '{classic.name}' in {zoo.root}: {error.strerror or error}") from error
