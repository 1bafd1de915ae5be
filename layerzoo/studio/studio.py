"""What the routes work on."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from layerzoo.studio.checker import Workers
from layerzoo.studio.datasets import Datasets
from layerzoo.studio.events import Events
from layerzoo.studio.index import Index
from layerzoo.studio.jobs import Queue
from layerzoo.studio.looking import Bench, Pictures
from layerzoo.studio.routing import Call
from layerzoo.studio.security import Accounts, Roots, Sessions, Site, Tokens
from layerzoo.studio.settings import Settings


@dataclass
class Studio:
    """The parts of a studio.

    Attributes:
        settings: how it was started.
        site: its addresses.
        sessions: tokens and cookies.
        tokens: of programs that use the API.
        accounts: users, or None if only the owner has access.
        roots: folders that it may use.
        index: runs.
        queue: jobs.
        events: what has changed, for pages that are open.
        datasets: data below the roots.
        port: where it listens.
        workers: processes that look at texts of nets.
        bench: runs nets for the page Look.
        pictures: files of the page Look.
    """

    settings: Settings
    site: Site
    sessions: Sessions
    tokens: Tokens
    accounts: Accounts | None
    roots: Roots
    index: Index
    queue: Queue
    events: Events
    datasets: Datasets
    port: int
    workers: Workers
    bench: Bench
    pictures: Pictures

    @property
    def cookie(self) -> str:
        """The cookie's name; browsers send cookies to all ports of a host, so the port is part of it."""
        return f"layerzoo_studio_{self.port}"

    @classmethod
    def make(cls, settings: Settings, port: int) -> Studio:
        """Build the parts; nothing is started.

        Args:
            settings: how it was started.
            port: the port that it really listens at.

        Raises:
            UsageError: a setting can't be used.
        """
        folder = settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        roots = Roots(settings.roots)
        queue = Queue(folder / "jobs")
        return cls(
            settings,
            Site.local(settings.host, port, settings.public_url),
            Sessions(folder),
            Tokens(folder),
            None if settings.auth is None else Accounts.load(settings.auth),
            roots,
            Index(folder / _index_name(roots), roots.folders),
            queue,
            Events(),
            Datasets(folder / "data", roots.folders, queue),
            port,
            Workers(),
            Bench(folder / "look", roots.folders[0]),
            Pictures(folder / "look"),
        )


def _index_name(roots: Roots) -> str:
    """The file of the index of some folders, other for other folders."""
    digest = sha256("\0".join(map(str, roots.folders)).encode()).hexdigest()
    return f"index-{digest[:12]}.sqlite"


Request = Call[Studio]
"""A request to the studio."""
