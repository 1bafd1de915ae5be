"""``python -m layerzoo.reader``: a reader process; only `layerzoo.reader.process` starts it."""

import sys

from layerzoo.reader.serve import main

if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
