"""Read, compare and plot logs and metrics of runs.

Neither torch nor a solver is needed, so Caffe's logs, copied folders and active runs can be read.
"""

from layerzoo.runs.caffe_log import read_log
from layerzoo.runs.csv_pair import write_csv_pair
from layerzoo.runs.curves import Axis, Curve, Panel, panels
from layerzoo.runs.diff import differences
from layerzoo.runs.history import History, Row
from layerzoo.runs.metrics import LOG, METRICS, SUFFIX, parse_row, read_history, read_metrics
from layerzoo.runs.picture import save as save_picture
from layerzoo.runs.run import CONFIG, Run, find_runs, open_run, run_folders
from layerzoo.runs.terminal import Style, draw

__all__ = [
    "CONFIG",
    "LOG",
    "METRICS",
    "SUFFIX",
    "Axis",
    "Curve",
    "History",
    "Panel",
    "Row",
    "Run",
    "Style",
    "differences",
    "draw",
    "find_runs",
    "open_run",
    "panels",
    "parse_row",
    "read_history",
    "read_log",
    "read_metrics",
    "run_folders",
    "save_picture",
    "write_csv_pair",
]
