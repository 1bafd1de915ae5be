"""``--allow_python`` of the tools: allow Python layers by module, where Caffe imports any module."""

from __future__ import annotations

import argparse


def add_allow_python(parser: argparse.ArgumentParser) -> None:
    """Add the flag to a parser; parsing it imports and allows the modules that it names."""
    parser.add_argument(
        "--allow_python",
        "-allow_python",
        type=_allowed,
        default=argparse.SUPPRESS,
        metavar="MODULE,...",
        help="modules that layers of type Python may be imported from; by default none",
    )


def _allowed(text: str) -> list[str]:
    from layerzoo.pycaffe.user_modules import allow_user_modules

    names = [name for word in text.split(",") if (name := word.strip())]
    allow_user_modules(names)
    return names
