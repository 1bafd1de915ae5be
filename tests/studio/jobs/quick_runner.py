"""The process that runs a job, with the command of ``command.py`` in the place of ``layerzoo``."""

import sys
from pathlib import Path

from layerzoo.studio.jobs import runner

if __name__ == "__main__":
    runner.PROGRAM[:] = [sys.executable, str(Path(__file__).with_name("command.py"))]
    sys.exit(runner.main(Path(sys.argv[1])))
