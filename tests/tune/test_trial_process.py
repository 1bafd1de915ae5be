"""The process of a trial ends with the tune."""

from __future__ import annotations

import os
import subprocess
import sys


def test_words_reach_the_command_line() -> None:
    words = [sys.executable, "-m", "layerzoo.tune.trial_process", str(os.getpid()), "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("layerzoo ")
