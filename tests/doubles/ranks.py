"""A process that shares tunings as the real one does, but keeps what it learned whatever its rank.

`python -m tests.doubles.ranks FOLDER KIND …`: the tuning of a kind lies in the folder of its name.
What a process learned is put beside it, in `rank0` and so on.
"""

import os
import sys
from functools import partialmethod
from pathlib import Path

from engine.models import precision, tuning_process
from engine.models.processes import Parent
from engine.models.tunings import KINDS


def keeping(tuning, run, model, folder, progress):
    """Save what is learned for the test, too."""
    tuned = run(tuning, model, folder, progress)
    tuning.save(tuned, folder / f"rank{os.environ['RANK']}")
    return tuned


if __name__ == "__main__":
    # Short numbers would round the halves of a batch in another way than the whole.
    precision._shorter_is_faster = lambda: False
    parent, (root, *kinds) = Parent.join(), sys.argv[1:]
    for kind in kinds:
        KINDS[kind].run = partialmethod(keeping, KINDS[kind].run)
        tuning_process.main(kind, Path(root, kind), parent)
