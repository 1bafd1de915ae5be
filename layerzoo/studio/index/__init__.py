"""The index of runs: what lists and charts show, gathered from the runs' folders.

The folders are the truth. The index is a database beside them that may be deleted: it is built anew.
"""

from layerzoo.studio.index.index import Index
from layerzoo.studio.index.query import Choice
from layerzoo.studio.index.series import AXES, Series
from layerzoo.studio.index.summary import Notes, Progress, Score, Summary

__all__ = ["AXES", "Choice", "Index", "Notes", "Progress", "Score", "Series", "Summary"]
