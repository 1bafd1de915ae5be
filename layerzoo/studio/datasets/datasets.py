"""The parts of the studio that deal with data."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.home import home
from layerzoo.studio.datasets.finding import Found, find_sets
from layerzoo.studio.datasets.overviews import Overviews
from layerzoo.studio.datasets.previews import Previews
from layerzoo.studio.datasets.uploads import Uploads
from layerzoo.studio.jobs import Queue

_FRESH_S: Final = 3.0


class Datasets:
    """Data sets below some folders.

    Args:
        folder: the studio's own folder for what it knows of data.
        roots: the folders.
        queue: where jobs are put.

    Attributes:
        overviews: what is known of each set.
        uploads: what is being uploaded.
        previews: pictures of transforms.
    """

    def __init__(self, folder: Path, roots: Sequence[Path], queue: Queue) -> None:
        self.overviews = Overviews(folder / "overviews", queue)
        self.uploads = Uploads(folder / "uploads")
        self.previews = Previews()
        self._roots = list(roots)
        self._own = (folder, home())
        self._lock = threading.Lock()
        self._found: list[Found] = []
        self._looked = 0.0

    def found(self, since: float = 0.0) -> list[Found]:
        """The sets, those that were written last first, as of a few seconds ago.

        Args:
            since: a time in seconds since 1970; what was written until then is seen.
        """
        with self._lock:
            now = time.time()
            if since >= self._looked or not 0 <= now - self._looked <= _FRESH_S:
                self._found = find_sets(self._roots, self._own)
                self._looked = now
            return list(self._found)
