"""The task ``stories``: questions about who and what is where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple

import numpy as np

from layerzoo.data.drawn_task import FIELD, DrawnTask, Sample, Setting, Top, drawn_task
from layerzoo.errors import LayerFault

PEOPLE: Final = ("mary", "john", "sandra", "daniel")
PLACES: Final = ("kitchen", "garden", "office", "bathroom", "hallway", "bedroom")
THINGS: Final = ("apple", "football", "milk")
_MOVED: Final = ("moved", "went", "travelled", "journeyed")
_TOOK: Final = ("took", "grabbed")
_LEFT: Final = ("dropped", "left")
WORDS: Final = (
    "(none)",
    *PEOPLE,
    *PLACES,
    *THINGS,
    *_MOVED,
    *_TOOK,
    *_LEFT,
    *("to", "the", "where", "is"),
)
_NUMBER: Final = {word: number for number, word in enumerate(WORDS)}
_FACT, _QUESTION = 5, 4
"""The most words of a fact and of a question."""
_MOVES: Final = 0.5
"""The share of moves among facts with things."""


class _Known(NamedTuple):
    """Where something is, and the facts that say so, by their places."""

    place: str
    facts: tuple[int, ...]


@drawn_task
class Stories(DrawnTask):
    """Answer where a person or a thing is, after a story of who went where and took what.

    With ``supporting: 1`` people go to places, and the question is where one of them is: one fact says so.
    With ``supporting: 2`` they also take and drop things, and the question is where a thing is: a fact says
    who has it or who dropped it, another one where that person is or was then. A thing that nobody took yet
    may lie anywhere. The stories are like tasks 1 and 2 of bAbI, Weston et al. 2015; Sukhbaatar et al. 2015
    answer them by a memory with several hops.
    """

    tops: ClassVar = (
        Top("story", "length, 5", "the words of each fact, by their numbers, then 0", steps=True),
        Top("question", "4", "the words of the question, then 0"),
        Top("answer", "", "the class of the place"),
        Top("support", "length", "1 for a fact that the answer follows from, else 0", steps=True),
        Top("facts", "", "the number of facts"),
    )
    fields: ClassVar = {
        "length": Setting(10, 1, 1_000),
        "min_length": Setting(2, 1, 1_000),
        "supporting": Setting(1, 1, 2),
    }
    label = 2
    classes: ClassVar = PLACES
    words: ClassVar = WORDS

    def __init__(self, settings: Mapping[str, float], seed: int) -> None:
        super().__init__(settings, seed)
        if self.integer("min_length") < self.integer("supporting"):
            message = f"min_length is {self.integer('min_length')}; the answer follows from two facts"
            raise LayerFault(message, field=f"{FIELD}min_length", hint="give 2 or more, or supporting: 1")

    def shapes(self) -> list[tuple[int, ...]]:
        length = self.integer("length")
        return [(length, _FACT), (_QUESTION,), (), (length,), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        with_things = self.integer("supporting") > 1
        world = _World(rng, with_things)
        for left in reversed(range(self.drawn_length(rng))):
            world.add(must_take=with_things and not left and not world.things)
        asked = world.things if with_things else world.people
        what = _one(rng, sorted(asked))
        known = asked[what]
        story, support = np.zeros(self.shapes()[0]), np.zeros(self.integer("length"))
        for place, fact in enumerate(world.facts):
            story[place] = _numbers(fact, _FACT)
        support[list(known.facts)] = 1
        question = _numbers(f"where is {'the ' if with_things else ''}{what}", _QUESTION)
        return story, question, PLACES.index(known.place), support, len(world.facts)


class _World:
    """What is where, as the facts of a story say it.

    Attributes:
        facts: the facts so far.
        people: where each person is who was mentioned.
        things: where each thing is that was taken.
    """

    def __init__(self, rng: np.random.Generator, with_things: bool) -> None:
        self._rng, self._with_things = rng, with_things
        self.facts: list[str] = []
        self.people: dict[str, _Known] = {}
        self.things: dict[str, _Known] = {}
        self._held: dict[str, tuple[str, int]] = {}

    def add(self, must_take: bool) -> None:
        """Let somebody move, take or drop something, each of which has to be possible."""
        takes, drops = self._takes(), [(who, what) for what, (who, _) in self._held.items()]
        possible = takes if must_take else takes + drops
        if possible and (must_take or self._rng.random() >= _MOVES):
            person, thing = possible[int(self._rng.integers(len(possible)))]
            if thing in self._held:
                self._drop(person, thing)
            else:
                self._take(person, thing)
        else:
            self._move()

    def _takes(self) -> list[tuple[str, str]]:
        """Who can take what: things that lie in the same place, or that nobody took yet."""
        if not self._with_things:
            return []
        free = [thing for thing in THINGS if thing not in self._held]
        return [
            (person, thing)
            for person, known in self.people.items()
            for thing in free
            if thing not in self.things or self.things[thing].place == known.place
        ]

    def _move(self) -> None:
        person = _one(self._rng, PEOPLE)
        before = self.people.get(person)
        place = _one(self._rng, [each for each in PLACES if before is None or each != before.place])
        self.people[person] = _Known(place, (len(self.facts),))
        for thing, (holder, taken) in self._held.items():
            if holder == person:
                self.things[thing] = _Known(place, (taken, len(self.facts)))
        self.facts.append(f"{person} {_one(self._rng, _MOVED)} to the {place}")

    def _take(self, person: str, thing: str) -> None:
        self._held[thing] = (person, len(self.facts))
        self._say(person, _TOOK, thing)

    def _drop(self, person: str, thing: str) -> None:
        del self._held[thing]
        self._say(person, _LEFT, thing)

    def _say(self, person: str, verbs: tuple[str, ...], thing: str) -> None:
        """Somebody took or dropped a thing, so it is where that person is."""
        place, (moved,) = self.people[person]
        self.things[thing] = _Known(place, (len(self.facts), moved))
        self.facts.append(f"{person} {_one(self._rng, verbs)} the {thing}")


def _one(rng: np.random.Generator, names: list[str] | tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _numbers(text: str, size: int) -> list[int]:
    words = [_NUMBER[word] for word in text.split()]
    return [*words, *[0] * (size - len(words))]
