"""The transformer beats the best model that counts: interpolated Kneser-Ney smoothing of n-grams."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest

from layerzoo.loader import load_net
from tests.courses.lessons import COURSES, make_solver, read_scores
from tests.courses.tales import draw_tales

TRAIN, TEST = (
    re.findall(r"\w+|[^\w\s]", (COURSES / f"{name}.txt").read_text(encoding="utf-8"))
    for name in ("tales", "tales_held_out")
)
WORDS = sorted(set(TRAIN))


class KneserNey:
    """N-grams with absolute discounting; each order falls back on the number of contexts of the one below.

    Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling".
    """

    def __init__(self, words: list[str], order: int, discount: float) -> None:
        self.order, self.discount = order, discount
        self.counts: list[Counter[tuple[str, ...]]] = []
        grams = [{*zip(*(words[i:] for i in range(n)), strict=False)} for n in range(1, order + 1)]
        for n in range(1, order):
            self.counts.append(Counter(gram[1:] for gram in grams[n]))
        self.counts.append(Counter(zip(*(words[i:] for i in range(order)), strict=False)))
        self.totals: list[Counter[tuple[str, ...]]] = []
        self.kinds: list[Counter[tuple[str, ...]]] = []
        for counts in self.counts:
            totals: Counter[tuple[str, ...]] = Counter()
            kinds: Counter[tuple[str, ...]] = Counter()
            for gram, count in counts.items():
                totals[gram[:-1]] += count
                kinds[gram[:-1]] += 1
            self.totals.append(totals)
            self.kinds.append(kinds)

    def probability(self, before: list[str], word: str) -> float:
        found = 1 / len(WORDS)
        for n in range(min(self.order, len(before) + 1)):
            context = tuple(before[len(before) - n :])
            total = self.totals[n][context]
            if not total:
                break
            kept = max(self.counts[n][(*context, word)] - self.discount, 0)
            found = (kept + self.discount * self.kinds[n][context] * found) / total
        return found

    def loss(self, words: list[str]) -> float:
        """The mean of -log p of all words but the first."""
        places = range(1, len(words))
        return -sum(
            math.log(self.probability(words[max(0, p - self.order + 1) : p], words[p])) for p in places
        ) / len(places)


def test_tales_are_drawn_from_their_grammar() -> None:
    tales = draw_tales(400)
    assert (COURSES / "tales.txt").read_text(encoding="utf-8") == "\n".join(tales[:320]) + "\n"
    assert (COURSES / "tales_held_out.txt").read_text(encoding="utf-8") == "\n".join(tales[320:]) + "\n"
    assert not set(tales[:320]) & set(tales[320:])
    assert set(TEST) <= set(TRAIN)


def test_probabilities_sum_to_one() -> None:
    model = KneserNey(TRAIN, 4, 0.75)
    for before in (["met"], ["so", "ada"], ["the", "red", "kite"], ["kite", "kite", "kite"], []):
        assert sum(model.probability(before, word) for word in WORDS) == pytest.approx(1)


def test_transformer_beats_n_grams() -> None:
    orders, discounts = (4, 5, 6, 8), (0.7, 0.85, 0.95)
    losses = {(n, d): KneserNey(TRAIN, n, d).loss(TEST) for n in orders for d in discounts}
    best = min(losses.values())
    assert best == pytest.approx(1.07, abs=0.01)  # as the lesson says
    assert max(read_scores()["language_model"]["runs"]["plain"]["scores"]) < 0.75 * best


def test_net_is_tested_on_the_words_that_the_n_grams_predict(tmp_path: object) -> None:
    solver = make_solver("language_model", [], tmp_path)  # type: ignore[arg-type]
    (net,) = solver.test_nets
    length = next(iter(load_net(COURSES / "language_model.yaml").message.layer)).text_data_param.length
    predicted = np.array(TEST[1:])
    assert length * (len(predicted) // length) > 0.97 * len(predicted)
    assert net.graph.layers[0].param.text_data_param.stride in (0, length)
