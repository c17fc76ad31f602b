"""Limits that a child process sets to itself, so that it can hurt nobody else."""


def limit_memory(size: int) -> None:
    """Take at most `size` bytes of private writable memory; more ends in an error or an abort."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def limit_time(seconds: int) -> None:
    """Take at most so many seconds of processor time, which holds when the parent is gone, too."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
