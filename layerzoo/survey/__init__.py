"""Survey a folder of configs: which of them parse, upgrade, build and run, and the reasons of failures.

Configs don't need their data sets: data layers are replaced by inputs with random values.
"""

from __future__ import annotations

from layerzoo.survey.examine import Limits, Row, examine
from layerzoo.survey.folder import config_files
from layerzoo.survey.standin import states, wire_without_data
from layerzoo.survey.table import table
from layerzoo.survey.workers import survey

__all__ = ["Limits", "Row", "config_files", "examine", "states", "survey", "table", "wire_without_data"]
