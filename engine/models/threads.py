"""How many threads torch may start in a process that holds a model."""

import torch

from engine.settings import cpu_threads


def keep_to_cores() -> None:
    """No more threads than cores this process may run on; fewer where fewer were asked for."""
    torch.set_num_threads(min(torch.get_num_threads(), cpu_threads()))
