"""`python -m engine COMMAND`: everything the pages do, scriptable."""

import gc
import os
import sys


def run() -> int:
    """Run one command; the process's exit status."""
    # Nothing that is imported is garbage, and to look for some takes a tenth of the time.
    gc.disable()
    if sys.argv[1:2] == ["load"]:
        from engine.reading.child import prepare_child

        prepare_child(sys.argv[2:])
    from engine.cli import main

    gc.freeze()
    gc.enable()
    return main(sys.argv[1:])


if __name__ == "__main__":
    status = run()
    if sys.argv[1:2] == ["load"]:
        # To take pandas apart takes a while, and a load leaves nothing to be done.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
