"""The task ``grammar``: pairs of words from sentences of a small grammar."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task

LEXICON: Final = {
    "size": ("big", "small", "tiny", "huge", "tall", "little"),
    "animal": ("cat", "dog", "horse", "bird", "fox", "bear"),
    "person": ("girl", "boy", "farmer", "teacher", "doctor", "sailor"),
    "move": ("walks", "runs", "goes", "hurries", "travels", "returns"),
    "eat": ("eats", "likes", "finds", "tastes", "wants", "loves"),
    "taste": ("sweet", "fresh", "warm", "salty", "sour", "ripe"),
    "food": ("bread", "apples", "cheese", "soup", "rice", "honey"),
    "place": ("home", "outside", "north", "upstairs", "downtown", "abroad"),
}
"""The words of each class."""
RULES: Final = (
    ("size", "animal", "move", "place"),
    ("person", "move", "place"),
    ("person", "eat", "taste", "food"),
    ("size", "animal", "eat", "food"),
)
"""The sentences, as the classes of their words."""
WORDS: Final = tuple(word for words in LEXICON.values() for word in words)
_CLASSES: Final = tuple(LEXICON)
_EACH: Final = len(LEXICON["size"])


@drawn_task
class Grammar(DrawnTask):
    """Tell the words near a word from others, to learn what words are alike (word2vec).

    A sentence follows one of four rules: size animal move place (big cat walks home); person move place;
    person eat taste food; size animal eat food. All rules, and all words of a class, are as likely, so that
    words of one class are exactly alike. ``word`` is one of a sentence, the first of ``context`` another, at
    most ``window`` words away; ``negatives`` further ones are drawn from all words but that one. Mikolov et
    al. 2013.
    """

    tops: ClassVar = (
        Top("word", "", "the number of a word"),
        Top("context", "1 + negatives", "a word near it, then words drawn at random"),
        Top("near", "1 + negatives", "1 for the word near it, 0 for those drawn at random"),
        Top("label", "", "the class of the word"),
    )
    fields: ClassVar = {"window": Setting(2, 1, 3), "negatives": Setting(0, 0, 1_000)}
    label = 3
    classes: ClassVar = _CLASSES
    words: ClassVar = WORDS

    def shapes(self) -> list[tuple[int, ...]]:
        words = 1 + self.integer("negatives")
        return [(), (words,), (words,), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        rule = RULES[int(rng.integers(len(RULES)))]
        sentence = [_EACH * _CLASSES.index(kind) + int(rng.integers(_EACH)) for kind in rule]
        place, window = int(rng.integers(len(sentence))), self.integer("window")
        others = [n for n in range(len(sentence)) if 0 < abs(n - place) <= window]
        near = sentence[others[int(rng.integers(len(others)))]]
        drawn = rng.integers(0, len(WORDS) - 1, self.integer("negatives"))
        drawn += drawn >= near
        word = sentence[place]
        return word, [near, *drawn.tolist()], [1, *[0] * len(drawn)], word // _EACH
