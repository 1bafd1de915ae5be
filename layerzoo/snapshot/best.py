"""The weights of the best test of a run: a snapshot ``best`` without history, beside those of iterations.

It can be published and loaded, but not resumed from.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import SnapshotError
from layerzoo.snapshot.native import TEXT, Snapshot, read_text, verify_snapshot, write_snapshot
from layerzoo.state_fields import COUNT, FLAG, NUMBER, STRING, Fields, check_state

BEST: Final = "best"
"""The name of the folder of the best weights in the folder of a run."""
_PART: Final = "choice"


@dataclass(frozen=True)
class BestScore:
    """Why weights are the best of a run: their score, and the sets that it is of.

    Attributes:
        output: name of the test output that is the score.
        value: the score.
        higher_is_better: its direction.
        test_net: index of the test net whose score chose the weights.
        chosen_by: name of that net's set; empty if it has none.
        scored_net: index of the test net whose outputs are published as the results.
        scored_by: name of that net's set.
    """

    output: str
    value: float
    higher_is_better: bool
    test_net: int = 0
    chosen_by: str = ""
    scored_net: int = 0
    scored_by: str = ""

    def beats(self, other: BestScore | None) -> bool:
        """Whether these weights replace others: those of the better score, of equal ones the newer."""
        if isnan(self.value):
            return False
        if other is None or (other.output, other.higher_is_better) != (self.output, self.higher_is_better):
            return True
        return self.value >= other.value if self.higher_is_better else self.value <= other.value


_FIELDS: Final[Fields] = {
    "output": STRING,
    "value": NUMBER,
    "higher_is_better": FLAG,
    "test_net": COUNT,
    "chosen_by": STRING,
    "scored_net": COUNT,
    "scored_by": STRING,
}


@dataclass(frozen=True)
class BestWeights:
    """The best weights of a run.

    Attributes:
        path: their folder.
        iteration: updates made before.
        choice: why they are the best.
    """

    path: Path
    iteration: int
    choice: BestScore


def write_best(folder: str | Path, snapshot: Snapshot, choice: BestScore) -> Path:
    """Write the best weights into the folder of a run, in the place of those before.

    Args:
        folder: the run's folder.
        snapshot: the state of the run; history and parts are left out.
        choice: why they are the best.

    Raises:
        OSError: they can't be written; earlier ones are left unchanged.
    """
    kept = replace(snapshot, history=(), parts={_PART: asdict(choice)}, score=choice.value)
    return write_snapshot(folder, kept, BEST)


def find_best(folder: str | Path, verified: bool = True) -> BestWeights | None:
    """The best weights of a run; None if it has none.

    Args:
        folder: the run's folder.
        verified: verify the checksums of the weights, too.

    Raises:
        SnapshotError: they are damaged or incomplete.
    """
    path = Path(folder) / BEST
    if not path.is_dir():
        return None
    text: dict[str, Any] = verify_snapshot(path) if verified else read_text(path)
    state = text["parts"].get(_PART)
    if state is None:
        raise SnapshotError(
            f"{path / TEXT}: has no part '{_PART}', so these are not the best weights of a run"
        )
    check_state(state, _FIELDS, f"{path / TEXT}: part '{_PART}'")
    return BestWeights(path, text["iteration"], BestScore(**{name: state[name] for name in _FIELDS}))
