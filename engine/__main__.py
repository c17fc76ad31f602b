"""`python -m engine COMMAND`: everything the pages do, scriptable."""

import sys

from engine.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
