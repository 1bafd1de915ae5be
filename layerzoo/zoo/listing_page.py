"""The page of a zoo that is served: its entries, in plain HTML without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Final

from layerzoo.disk import decimal_size
from layerzoo.zoo.index import Row

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
h2 small { font-weight: normal; opacity: .7; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
article { border-top: 1px solid var(--line); padding: 1rem 0; }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; font-size: .9rem; }
dl div { display: flex; gap: .4rem; min-width: 0; }
dt { opacity: .7; }
span { white-space: nowrap; }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
pre { background: var(--soft); padding: .5rem .75rem; border-radius: .3rem; margin: .5rem 0 0;
      white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
"""
CONTENT_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""The ``Content-Security-Policy`` of the page: nothing is loaded or run, and no style but its own."""


def listing_page(rows: Iterable[Row], url: str) -> bytes:
    """The page with the entries of a zoo.

    Args:
        rows: the entries; their texts are untrusted.
        url: URL of the zoo, for the commands that download an entry.
    """
    entries = sorted(rows, key=lambda row: (row.name, -row.version))
    count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
    articles = "".join(_article(row, url) for row in entries)
    intro = (
        f"{count}. The command under an entry downloads it." if entries else "This zoo has no entries yet."
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Layerzoo: {count}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n"
        f"<h1>Layerzoo model zoo</h1>\n<p>{intro}</p>\n</header>\n<main>\n{articles}</main>\n"
        "</body>\n</html>\n"
    ).encode("utf-8", "replace")


def _article(row: Row, url: str) -> str:
    results = ", ".join(f"{name} {value:.4g}" for name, value in row.results.items())
    facts = {
        "size": decimal_size(row.size),
        "licence": row.license or "not stated",
        "results": results,
        "tested on": row.dataset,
        "tags": ", ".join(row.tags),
        "created": row.created[:10],
        "signed": "yes" if row.signed else "",
    }
    listed = "".join(
        f"<div><dt>{key}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items() if value
    )
    texts = [row.title if row.title != row.name else "", row.description]
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in texts if text)
    command = f"layerzoo zoo get {row.address} <span>-from</span> {escape(url)}"
    return (
        f"<article>\n<h2>{escape(row.name)} <small>version {row.version}</small></h2>\n{paragraphs}"
        f"<dl>{listed}</dl>\n<pre><code>{command}</code></pre>\n</article>\n"
    )
