"""The zoo on this machine's disk."""

from __future__ import annotations

from pathlib import Path

from layerzoo.errors import ZooError, did_you_mean, nearest
from layerzoo.home import home
from layerzoo.zoo.entry import MANIFEST, Entry, check_name


class LocalZoo:
    """Entries under ``<home>/zoo/<name>/<version>/``.

    Args:
        folder: in place of the user's `layerzoo.home.home`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.root = (folder or home()) / "zoo"

    def entries(self) -> list[Entry]:
        """All entries, by name and version; a folder without a manifest is unfinished and not listed."""
        found = []
        for manifest in self.root.glob(f"*/*/{MANIFEST}"):
            folder = manifest.parent
            if folder.name.isdecimal() and not folder.name.startswith("0"):
                found.append(Entry(folder.parent.name, int(folder.name), folder))
        return sorted(found, key=lambda entry: (entry.name, entry.version))

    def versions(self, name: str) -> list[Entry]:
        """The versions of one entry, oldest first."""
        return [entry for entry in self.entries() if entry.name == name]

    def get(self, address: str) -> Entry:
        """The entry at ``name`` (the newest version) or ``name@version``.

        Raises:
            ZooError: there is none.
        """
        name, _, version = address.partition("@")
        versions = self.versions(check_name(name))
        if not versions:
            hint = did_you_mean(nearest(name, {entry.name for entry in self.entries()}))
            raise ZooError(f"no zoo entry '{name}' under {self.root}" + (f"; {hint}" if hint else ""))
        if not version:
            return versions[-1]
        for entry in versions:
            if str(entry.version) == version:
                return entry
        have = ", ".join(str(entry.version) for entry in versions)
        raise ZooError(f"no version '{version}' of zoo entry '{name}'; there are: {have}")
