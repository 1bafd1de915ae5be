"""How good a net is, and where it errs: scores over a labelled set, its mistakes, features of any blob."""

from layerzoo.evaluation.judge import Judged, judge
from layerzoo.evaluation.report import Report, report

__all__ = ["Judged", "Report", "judge", "report"]
