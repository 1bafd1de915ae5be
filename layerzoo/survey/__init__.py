"""What becomes of a folder of configs: which parse, upgrade, build and run, and why the others don't.

For strangers' files, whose data sets are not there: data layers are replaced by inputs drawn at random.
"""

from __future__ import annotations

from layerzoo.survey.examine import Limits, Row, examine
from layerzoo.survey.folder import config_files
from layerzoo.survey.standin import states, wire_without_data
from layerzoo.survey.table import table
from layerzoo.survey.workers import survey

__all__ = ["Limits", "Row", "config_files", "examine", "states", "survey", "table", "wire_without_data"]
