"""Texts that are continued by chance or by beam search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.new_samples import NewSource
from layerzoo.data.samples import Floats
from layerzoo.errors import DataError, ZooError
from layerzoo.generation.text import TextGenerator, beam_search, continued
from layerzoo.generation.token_choice import TokenChoice
from tests.generation.letters import ALTERNATING, letters

GREEDY = TokenChoice(0)


def test_text_goes_on_with_the_likely_tokens(tmp_path: Path) -> None:
    net = letters(ALTERNATING)
    assert continued(net, NewSource("t", None, b"xa\n"), 4, GREEDY) == ("xa", "baba")
    (tmp_path / "t.txt").write_text("abab")
    assert continued(net, NewSource.of(tmp_path / "t.txt"), 3, GREEDY) == ("abab", "aba")
    with pytest.raises(DataError, match="no token of it is in the vocabulary"):
        continued(net, NewSource("t", None, b"xyz"), 4)


def test_net_that_predicts_no_tokens_continues_nothing() -> None:
    net = letters(ALTERNATING)
    net.inputs = None
    with pytest.raises(ZooError, match="doesn't predict the next token"):
        TextGenerator(net)


def test_seed_and_temperature_choose_tokens() -> None:
    logs = np.log([0.6, 0.3, 0.1]).tolist()
    net = letters([[0.0, 0.0, *logs]] * 5, "abc")
    generator = TextGenerator(net)
    drawn = ["".join(generator.pieces("a", 600, seed=seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    counts = Counter(drawn[0])
    assert [counts[letter] for letter in "abc"] == pytest.approx([360, 180, 60], abs=40), "0.6, 0.3, 0.1"
    cold = Counter("".join(generator.pieces("a", 600, TokenChoice(0.5), 1)))
    assert cold["a"] == pytest.approx(600 * 36 / 46, abs=40), "the squares of the shares"
    assert set("".join(generator.pieces("a", 200, TokenChoice(top_k=2)))) == {"a", "b"}


def test_pieces_appear_as_they_are_drawn() -> None:
    taken: list[int] = []

    def following(texts: Sequence[Sequence[int]]) -> Floats:
        taken.append(len(texts[0]))
        return np.array([[0, 0, 1, 0]], np.float32)

    pieces = TextGenerator(letters(ALTERNATING), lambda: nullcontext(following)).pieces("b", 3)
    assert taken == []
    assert next(pieces) == "a"
    assert taken == [1]
    assert list(pieces) == ["a", "a"]


def test_character_of_several_tokens_appears_whole() -> None:
    net = letters(ALTERNATING)
    assert net.inputs is not None
    net.inputs.text_data_param.vocabulary_param.units = 1  # WORDS: a space stands between tokens
    assert list(TextGenerator(net).pieces("a", 3, GREEDY)) == [" b", " a", " b"]


@pytest.mark.parametrize(("text", "more"), [("a", " b a"), ("a ", "b a"), ("b a", " b a")])
def test_words_go_on_after_a_space(text: str, more: str) -> None:
    net = letters(ALTERNATING)
    assert net.inputs is not None
    net.inputs.text_data_param.vocabulary_param.units = 1  # WORDS
    generator = TextGenerator(net)
    assert "".join(generator.pieces(text, 2, GREEDY)) == more
    assert generator.beams(text, 2, 1)[0][0] == more
    assert list(generator.pieces(text, 0, GREEDY)) == []
    assert generator.beams(text, 0, 1)[0][0] == ""


def test_beam_search_finds_a_text_that_greedy_choice_misses() -> None:
    """After a: b with 0.4, c with 0.6; then c splits evenly among 3, and b is followed by b alone."""
    after = {2: [0, 0, 0, 0.4, 0.6], 3: [0, 0, 0, 1, 0], 4: [0, 0, 1 / 3, 1 / 3, 1 / 3]}

    def following(texts: Sequence[Sequence[int]]) -> Floats:
        return np.array([after[text[-1]] for text in texts], np.float32)

    greedy = beam_search(following, [2], 2, 1)
    assert [beam.tokens for beam in greedy] == [(2, 4, 2)]
    best = beam_search(following, [2], 2, 2)
    assert best[0].tokens == (2, 3, 3)
    assert best[0].log_probability == pytest.approx(np.log(0.4), abs=1e-6)
    assert best[1].log_probability == pytest.approx(np.log(0.2), abs=1e-6)
    every = beam_search(following, [2], 2, 50)
    assert len(every) == 4, "impossible texts are none"
    assert sum(np.exp(beam.log_probability) for beam in every) == pytest.approx(1)


def test_beams_are_decoded() -> None:
    found = TextGenerator(letters(ALTERNATING)).beams("a", 3, 2)
    assert found[0][0] == "bab"
    assert found[0][1] > found[1][1]


def test_line_ends_at_its_mark() -> None:
    """A net of lines: after a the end is as likely as b, and b is followed by the end alone."""
    after = {0: [0, 0, 1, 0], 2: [0.5, 0, 0, 0.5], 3: [1, 0, 0, 0]}

    def following(texts: Sequence[Sequence[int]]) -> Floats:
        return np.array([after[text[-1]] for text in texts], np.float32)

    found = beam_search(following, [0], 5, 4)
    assert [beam.tokens for beam in found] == [(0, 2, 0), (0, 2, 3, 0)]
    assert [beam.log_probability for beam in found] == pytest.approx([np.log(0.5)] * 2)
    net = letters(ALTERNATING)
    lines = TextGenerator(net, lambda: nullcontext(following))
    lines._how = lines._how._replace(lines=True)
    assert {"".join(lines.pieces("", 5, seed=seed)) for seed in range(20)} == {"a", "ab"}
