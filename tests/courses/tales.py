"""The tales that the lesson on language models learns from: each is a path through a small grammar."""

from __future__ import annotations

from typing import Final

import numpy as np

NAMES: Final = [
    "ada",
    "bela",
    "carl",
    "dora",
    "emil",
    "finn",
    "greta",
    "hugo",
    "ida",
    "jonas",
    "klara",
    "lena",
    "mira",
    "nils",
    "otto",
    "paula",
    "rosa",
    "sven",
    "tilda",
    "willem",
]
TRADES: Final = [
    "baker",
    "miller",
    "tailor",
    "fisher",
    "smith",
    "weaver",
    "shepherd",
    "painter",
    "carpenter",
    "gardener",
]
THINGS: Final = ["kite", "lamp", "drum", "boat", "clock", "ladder", "basket", "bell", "mirror", "violin"]
COLOURS: Final = ["red", "green", "blue", "white", "yellow", "black", "brown", "silver"]
ANIMALS: Final = ["fox", "goose", "cat", "goat", "raven", "hedgehog", "mouse", "donkey"]
PLACES: Final = ["mill", "bridge", "church", "barn", "well", "harbour", "forest", "market"]


def draw_tales(count: int) -> list[str]:
    """The first tales, each a line."""
    rng = np.random.default_rng(0)
    return [_tale(rng) for _ in range(count)]


def _tale(rng: np.random.Generator) -> str:
    def any_of(words: list[str]) -> str:
        return words[int(rng.integers(len(words)))]

    def several(words: list[str], count: int) -> list[str]:
        return [words[place] for place in rng.permutation(len(words))[:count]]

    a, b = several(NAMES, 2)
    trade, other = several(TRADES, 2)
    thing = f"{any_of(COLOURS)} {any_of(THINGS)}"
    animal = any_of(ANIMALS)
    first, second, there = several(PLACES, 3)
    sentences = [
        [
            f"once there was a {trade} called {a}, who had a {thing}.",
            f"{a} the {trade} had a {thing}.",
            f"in a small town lived {a}, a {trade} with a {thing}.",
        ],
        [
            f"one morning the {thing} was gone.",
            f"one night somebody took the {thing}.",
            f"one day {a} lost the {thing}.",
        ],
        [
            f"{a} looked behind the {first}, but it was not there.",
            f"first {a} went to the {first} and found nothing.",
            f"it was not at the {first}, where {a} looked first.",
        ],
        [
            f"then {a} met {b} the {other}.",
            f"at the {second} {a} met {b}, a {other}.",
            f"{b} the {other} came along.",
        ],
        [f'"have you seen my {thing}?" asked {a}.', f'"i have lost my {thing}," said {a}.'],
        [
            f'"a {animal} carried it to the {there}," said {b}.',
            f'"ask the {animal} at the {there}," said {b} the {other}.',
            f'"i saw a {animal} with it at the {there}," said {b}.',
        ],
        [
            f"so {a} and {b} ran to the {there}.",
            f"{a} thanked {b} and ran to the {there}.",
            f"so {a} went to the {there} alone.",
        ],
        [
            f"there sat the {animal} with the {thing}.",
            f"the {animal} was there and slept beside the {thing}.",
            f"there the {animal} gave the {thing} back.",
        ],
        [
            f"{a} was glad and gave the {animal} some bread.",
            f"{a} took the {thing} home and thanked the {animal}.",
            f"since then the {animal} has lived with {a} the {trade}.",
        ],
    ]
    return " ".join(any_of(ways) for ways in sentences)
