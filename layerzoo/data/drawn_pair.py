"""Base class of drawn tasks whose samples are a sequence of tokens and its answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from layerzoo.data.drawn_task import DrawnTask


class DrawnPair(DrawnTask):
    """A task whose samples are a sequence of tokens and its answer, as `token_pair` gives them."""

    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """The most tokens of a source and of an answer."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """The tokens of a source that somebody typed.

        Raises:
            DataError: the task has no such source.
        """

    @abstractmethod
    def decode(self, tokens: Sequence[int]) -> str:
        """The text of an answer."""

    def shapes(self) -> list[tuple[int, ...]]:
        """Source, what the decoder reads and predicts (with a mark more than the answer), and a count."""
        source, answer = self.sizes()
        return [(source,), (answer + 1,), (answer + 1,), ()]
