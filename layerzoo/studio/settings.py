"""How a studio is started."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from layerzoo.home import home


@dataclass(frozen=True)
class Settings:
    """What the command's flags say.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        roots: folders that it may read and write; the first is where new work goes.
        folder: where its queue, index and secret are.
        auth: a file of accounts.
        public_url: the address by which a proxy offers it.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    roots: tuple[Path, ...] = (Path(),)
    folder: Path = field(default_factory=lambda: home() / "studio")
    auth: Path | None = None
    public_url: str | None = None
