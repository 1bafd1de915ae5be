"""A command that overwrites its only file in place, to test that this is noticed; prints what is wrong."""

from __future__ import annotations

from pathlib import Path

from tests.faults import running
from tests.faults.running import run_scenario
from tests.faults.scenarios import Scenario


class Careless(Scenario):
    """Replaces ``old`` by ``new``, either of which is a good state."""

    name = "careless"

    def prepare(self, root: Path) -> None:
        """Write the old state."""
        (root / "state").write_text("old")

    def command(self, root: Path) -> list[str]:
        """The argument of `overwrite`."""
        return [str(root / "state")]

    def intact(self, root: Path) -> list[str]:
        """Whether a good state is there."""
        found = (root / "state").read_text()
        return [] if found in {"old", "new"} else [f"the state is '{found}'"]

    def result(self, root: Path) -> object:
        """The state."""
        return (root / "state").read_text()


def overwrite(*arguments: str) -> int:
    """In place of a command of Layerzoo."""
    try:
        Path(arguments[0]).write_text("new")
    except OSError as error:
        print(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    running.layerzoo = overwrite
    verdicts = run_scenario(Careless())
    print(verdicts.cases.total(), sorted(verdicts.codes), *verdicts.failures, sep="\n")
