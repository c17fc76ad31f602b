"""A process that is back at once when something kills it: forked from one that is ready to work."""

import gc
import os
import time
from collections.abc import Callable

# So many in a row that a signal ended sooner than this are enough: the next would be ended too.
SHORTEST_SECONDS, MOST = 1.0, 5


def respawn(work: Callable[[], None]) -> int:
    """Do `work` in a child, and in a new one whenever a signal ended the last.

    What this process has imported its children need not import again: that takes most of the time
    until a new process answers. There must be no thread that could hold a lock just now. Returns
    the exit code of a child that ended by itself, or minus the signal that ended `MOST` of them too
    soon.
    """
    # What stays is not looked at by the children's collector, so that its memory stays shared.
    gc.freeze()
    soon = 0
    while True:
        began = time.monotonic()
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        soon = soon + 1 if time.monotonic() - began < SHORTEST_SECONDS else 0
        if code >= 0 or soon == MOST:
            return code
