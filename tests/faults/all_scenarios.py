"""All that is interrupted."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.data_scenarios import GettingData, Importing
from tests.faults.scenarios import (
    Copying,
    Downloading,
    PricedTraining,
    Publishing,
    Pushing,
    Scenario,
    Training,
    WritingJob,
)
from tests.faults.tune_scenario import Tuning

SCENARIOS: Sequence[Scenario] = (
    Training("train", "BINARYPROTO", False),
    Training("resume", "HDF5", True),
    PricedTraining(),
    Publishing(),
    Downloading("download", False),
    Downloading("download-http", True),
    Pushing(),
    GettingData("data-get"),
    GettingData("data-get-dropped", drops_after=40_000),
    Importing(),
    Copying(),
    Tuning(),
    WritingJob(),
)
