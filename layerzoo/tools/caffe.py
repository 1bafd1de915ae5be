"""``caffe``: the command ``layerzoo``, with the flags of glog that Caffe's programs had besides their own."""

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
    """Run ``layerzoo`` on what is left when glog's flags are taken out.

    ``train`` writes ``PREFIX_iter_N.caffemodel`` and ``.solverstate`` too, which scripts go on with.
    ``minloglevel`` acts as in Caffe, and so does ``log_dir`` (or ``GLOG_log_dir``): the log goes to a file in
    it too, which the link ``caffe.INFO`` leads to. The log always goes to stderr, whatever the others say.
    """
    words, flags = without_glog(argv)
    words = keeping_caffes_snapshots(words)
    if "minloglevel" in flags:
        os.environ["GLOG_minloglevel"] = flags["minloglevel"]  # noqa: SIM112 (glog's own)
    folder = flags.get("log_dir") or os.environ.get("GLOG_log_dir", "")  # noqa: SIM112 (glog's own)
    sys.argv = ["layerzoo", *words]
    with to_file(_log_file(Path(folder))) if folder else nullcontext():
        try:
            runpy.run_module("layerzoo", run_name="__main__")
        except SystemExit as leave:
            return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    return 0


def without_glog(argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """A command line without glog's flags, and those: a value by name."""
    kept: list[str] = []
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
            kept.append(word)
    return kept, flags


def keeping_caffes_snapshots(words: list[str]) -> list[str]:
    """A command line whose ``train`` writes snapshots of Caffe's, also where the solver doesn't say which."""
    solver = _solver_of(words)
    if "train" not in words or not solver:
        return words
    from layerzoo.loader import load_solver

    try:
        said = load_solver(solver, faults=[]).message.HasField("snapshot_format")
    except ConfigError:
        said = True  # the command tells what is wrong with it
    return words if said else ["-set", "snapshot_format=BINARYPROTO", *words]


def _solver_of(words: Sequence[str]) -> str:
    """The file that ``-solver`` names last."""
    found = ""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, has_value, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name == "solver":
            found = value if has_value else after
    return found


def _log_file(folder: Path) -> Path:
    """A new log in a folder, named as glog names it, with the link to it."""
    if not folder.is_dir():
        raise UsageError(f"log_dir '{folder}' is no folder")
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
