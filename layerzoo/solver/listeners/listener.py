"""What happens beside the loop: progress, metrics, early stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver
    from layerzoo.solver.testing.tester import Scores


class Watcher:
    """Told what the solver does; each method may be left out."""

    def started(self, solver: Solver) -> None:
        """The loop is about to begin."""

    def displayed(self, solver: Solver, loss: float, outputs: dict[str, list[float]]) -> None:
        """A display interval has come; ``loss`` is the smoothed one."""

    def tested(self, solver: Solver, index: int, scores: Scores) -> None:
        """Test net number ``index`` has been tested."""

    def saved(self, solver: Solver, path: str) -> None:
        """A snapshot has been written."""

    def ended(self, solver: Solver) -> None:
        """The loop is over."""
