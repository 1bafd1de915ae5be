"""``python -m layerzoo``: the command line."""

import sys

from layerzoo.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
