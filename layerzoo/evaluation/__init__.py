"""Evaluate nets: scores over a labelled set, reports of the mistakes, features of any blob."""

from layerzoo.evaluation.judge import Judged, judge
from layerzoo.evaluation.report import Report, report

__all__ = ["Judged", "Report", "judge", "report"]
