"""Tune a solver: train it with many settings, and find the best.

A plan (``tune.yaml``) names a solver, axes by ``-set`` path, a score and a search. Each trial is a run of its
own in the folder of the tune, whose journal says what has been done, so that a killed tune goes on.
"""

from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import JOURNAL, Journal, Trial, best_first
from layerzoo.tune.plan import Plan, read_plan

__all__ = ["JOURNAL", "Axis", "Journal", "Plan", "Trial", "best_first", "read_plan"]
