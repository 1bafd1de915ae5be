"""What lines of a log say, without their numbers: ours are compared with Caffe's by it."""

from __future__ import annotations

import re


def shapes(log: str, file: str = "") -> set[str]:
    """The texts of a log's lines of information, all or those of one source file, each number as ``N``."""
    texts = re.findall(rf"^I\d{{4}} \S+ +\d+ {file or r'[^:]+'}:\d+\] (.*)$", log, re.M)
    return {re.sub(r"(?<!\w)-?\d+(\.\d+)?(e-?\d+)?", "N", text).strip() for text in texts}
