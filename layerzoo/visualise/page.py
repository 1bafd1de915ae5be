"""Write figures into a folder: a PNG each, and one HTML page that holds them all."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from PIL import Image

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.errors import LayerzooError

PAGE: Final = "index.html"
DATA: Final = "figures.json"
_MAX_NAME: Final = 120
_STYLE: Final = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
body{color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem;overflow-wrap:anywhere}
figure{margin:0 0 1.5rem}figure img{max-width:100%;border:1px solid #ddd}
figcaption{font-size:.85rem;color:#444;overflow-wrap:anywhere}
"""


@dataclass(frozen=True)
class Figure:
    """A picture with its heading and caption.

    Attributes:
        section: heading of the figures that it stands among.
        name: name of its file, without suffix; characters that a file name can't have are replaced.
        caption: what it shows, with the range of its values.
        picture: the picture.
        data: what it was drawn from, as JSON-compatible values.
        sheets: small pictures of the samples that ``data`` speaks of.
    """

    section: str
    name: str
    caption: str
    picture: Image.Image
    data: Mapping[str, Any] | None = None
    sheets: Sequence[Image.Image] = ()


def write_figures(figures: Iterable[Figure], folder: Path, title: str, with_data: bool = False) -> list[Path]:
    """Write a PNG for each figure, then the page, ``index.html``; files of these names are replaced.

    Args:
        figures: the figures, in order.
        folder: where; it is made if it is missing.
        title: title of the page.
        with_data: write ``figures.json``, too: the file, section, caption and data of each figure, and the
            files of its sheets.

    Returns:
        the pictures and the page, the page last.

    Raises:
        LayerzooError: a file can't be written.
    """
    drawn = list(figures)  # an error in one of them leaves no half of a page
    made: list[Path] = []
    taken: set[str] = set()
    kept: list[tuple[str, str, str]] = []
    listed: list[dict[str, Any]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for figure in drawn:
            path = folder / f"{file_name(figure.name, taken)}.png"
            data = png(figure.picture)
            _write(path, data)
            made.append(path)
            kept.append((figure.section, figure.caption, b64encode(data).decode()))
            if with_data:
                listed.append(_listed(figure, path, taken))
        if with_data:
            write_atomic(folder / DATA, json.dumps({"title": title, "figures": listed}) + "\n")
        write_atomic(folder / PAGE, _page(kept, title))
    except OSError as error:
        raise LayerzooError(f"{folder}: the pictures can't be written: {error.strerror or error}") from None
    return [*made, folder / PAGE]


def _listed(figure: Figure, path: Path, taken: set[str]) -> dict[str, Any]:
    """What the list of figures says of one; writes its sheets."""
    files = []
    for number, sheet in enumerate(figure.sheets):
        name = f"{file_name(f'{path.stem}-sheet-{number}', taken)}.png"
        _write(path.with_name(name), png(sheet))
        files.append(name)
    facts = {"file": path.name, "section": figure.section, "caption": figure.caption}
    return {**facts, "data": figure.data, "sheets": files}


def _write(path: Path, data: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def file_name(name: str, taken: set[str]) -> str:
    """A file name that no other figure has; it is added to ``taken``."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:_MAX_NAME] or "figure"
    found, number = stem, 2
    while found.lower() in taken:
        found, number = f"{stem}-{number}", number + 1
    taken.add(found.lower())
    return found


def png(picture: Image.Image) -> bytes:
    """A picture as a file in PNG."""
    data = BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def _page(figures: Iterable[tuple[str, str, str]], title: str) -> str:
    """The page; all text from outside is escaped, and nothing is loaded from elsewhere."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>",
    ]
    for section, among in groupby(figures, key=lambda figure: figure[0]):
        parts.append(f"<h2>{escape(section)}</h2>")
        for _, caption, data in among:
            text = escape(caption)
            image = f"<img alt='{text}' src='data:image/png;base64,{data}'>"
            parts.append(f"<figure>{image}<figcaption>{text}</figcaption></figure>")
    return "\n".join(parts) + "\n"
