"""Limits that a child process sets to itself, so that it can hurt nobody else."""


def limit_memory(size: int) -> None:
    """Take at most `size` bytes of private writable memory; more ends in an error or an abort."""
    _limit("RLIMIT_DATA", size, size)


def limit_time(seconds: int) -> None:
    """Take at most so many seconds of processor time, which holds when the parent is gone, too."""
    _limit("RLIMIT_CPU", seconds, seconds + 1)


def _limit(name: str, soft: int, hard: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    resource.setrlimit(getattr(resource, name), (soft, hard))
