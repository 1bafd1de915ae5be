"""Log lines without their numbers, to compare them with Caffe's."""

from __future__ import annotations

import re


def shapes(log: str, file: str = "") -> set[str]:
    """The texts of a log's INFO lines, of all or of one source file, with each number as ``N``."""
    texts = re.findall(rf"^I\d{{4}} \S+ +\d+ {file or r'[^:]+'}:\d+\] (.*)$", log, re.M)
    return {re.sub(r"(?<!\w)-?\d+(\.\d+)?(e-?\d+)?", "N", text).strip() for text in texts}
