"""The folders that the studio may read and write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.studio.routing import ForbiddenError, NotFoundError
from layerzoo.terminal_text import one_line


class Roots:
    """Folders, links resolved; what stands in none of them does not exist for the studio.

    Attributes:
        folders: the first is where relative paths start.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"-root {folder}: no such folder")
        self.folders = [folder.resolve() for folder in folders]

    def path(self, text: str) -> Path:
        """The path that a text names, existing or not, with links resolved.

        Raises:
            ForbiddenError: it leads out of the folders.
            UsageError: it is no path.
        """
        if not text or "\0" in text:
            raise UsageError(f"{text!r} is no path")
        try:
            path = (self.folders[0] / Path(text).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links
            raise UsageError(f"{one_line(text)}: {error}") from None
        if not any(path.is_relative_to(folder) for folder in self.folders):
            known = ", ".join(map(str, self.folders))
            raise ForbiddenError(
                f"{one_line(text)} is outside the folders of this studio ({known}); "
                "start it with -root FOLDER to add one"
            )
        return path

    def existing(self, text: str) -> Path:
        """As `path`, of a file or folder that exists.

        Raises:
            NotFoundError: it doesn't.
        """
        path = self.path(text)
        if not path.exists():
            raise NotFoundError(f"no file or folder {one_line(text)}")
        return path

    def shown(self, path: Path) -> str:
        """A path as users read it: relative to the first folder if it is below it."""
        first = self.folders[0]
        return str(path.relative_to(first)) if path.is_relative_to(first) else str(path)
