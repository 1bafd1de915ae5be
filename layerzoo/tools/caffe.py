"""``caffe``: the command ``layerzoo``, also accepting the flags of glog that Caffe's programs have."""

from __future__ import annotations

import os
import runpy
import socket
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from getpass import getuser
from pathlib import Path

from layerzoo.errors import ConfigError, UsageError
from layerzoo.log import to_file

_SWITCHES = frozenset(
    ("logtostderr", "alsologtostderr", "colorlogtostderr", "log_prefix", "stop_logging_if_full_disk")
)
_VALUES = frozenset(
    ("log_dir", "minloglevel", "stderrthreshold", "v", "vmodule", "max_log_size", "logbufsecs", "logbuflevel")
)


def main(argv: Sequence[str]) -> int:
    """Run ``layerzoo`` on the arguments without glog's flags.

    ``train`` also writes ``PREFIX_iter_N.caffemodel`` and ``.solverstate``, which scripts read.
    ``minloglevel`` acts as in Caffe. With ``log_dir`` (or ``GLOG_log_dir``) the log is also written to a file
    in that folder, with the link ``caffe.INFO`` to it, as by glog. Other flags of glog are ignored; the log
    always goes to stderr.
    """
    words, flags = without_glog(argv)
    words = with_caffe_snapshots(words)
    if "minloglevel" in flags:
        os.environ["GLOG_minloglevel"] = flags["minloglevel"]  # noqa: SIM112 (glog's name)
    folder = flags.get("log_dir") or os.environ.get("GLOG_log_dir", "")  # noqa: SIM112 (glog's name)
    sys.argv = ["layerzoo", *words]
    with to_file(_log_file(Path(folder))) if folder else nullcontext():
        try:
            runpy.run_module("layerzoo", run_name="__main__")
        except SystemExit as leave:
            return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    return 0


def without_glog(argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Split a command line into the words without glog's flags, and the values of glog's flags by name."""
    others: list[str] = []
    flags: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        name, has_value, value = word.lstrip("-").partition("=")
        dashed = word.startswith("-")
        if dashed and name in _VALUES:
            flags[name] = value if has_value else next(words, "")
        elif dashed and name.removeprefix("no") in _SWITCHES:
            flags[name] = value
        else:
            others.append(word)
    return others, flags


def with_caffe_snapshots(words: list[str]) -> list[str]:
    """Add ``snapshot_format=BINARYPROTO`` to a ``train`` command whose solver has no ``snapshot_format``."""
    solver = _solver_of(words)
    if "train" not in words or not solver:
        return words
    from layerzoo.loader import load_solver

    try:
        has_format = load_solver(solver, faults=[]).message.HasField("snapshot_format")
    except ConfigError:
        has_format = True  # the command itself reports the faults
    return words if has_format else ["-set", "snapshot_format=BINARYPROTO", *words]


def _solver_of(words: Sequence[str]) -> str:
    """Return the value of the last ``-solver`` flag; "" without one."""
    solver = ""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, has_value, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name == "solver":
            solver = value if has_value else after
    return solver


def _log_file(folder: Path) -> Path:
    """Return the path of a new log file, named as by glog, and make the link ``caffe.INFO`` to it."""
    if not folder.is_dir():
        raise UsageError(f"log_dir '{folder}' is not a directory")
    try:
        user = getuser()
    except (KeyError, OSError):
        user = "user"
    time = datetime.now().strftime("%Y%m%d-%H%M%S")
    path = folder / f"caffe.{socket.gethostname()}.{user}.log.INFO.{time}.{os.getpid()}"
    link = folder / "caffe.INFO"
    with suppress(OSError):
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)
    return path
