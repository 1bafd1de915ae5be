"""``--allow_python``, which Caffe's programs had no need of: they imported whatever a net named."""

from __future__ import annotations

import argparse


def add_allow_python(parser: argparse.ArgumentParser) -> None:
    """Declare the flag; the modules that it names are allowed as it is read."""
    parser.add_argument(
        "--allow_python",
        "-allow_python",
        type=_allowed,
        default=argparse.SUPPRESS,
        metavar="MODULE,...",
        help="modules that layers of type Python may come from; nothing is imported otherwise",
    )


def _allowed(text: str) -> list[str]:
    from layerzoo.pycaffe.user_modules import allow_user_modules

    names = [name for word in text.split(",") if (name := word.strip())]
    allow_user_modules(names)
    return names
