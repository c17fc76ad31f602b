"""What the HTTP interface measures of itself, for Prometheus.

No label names a workspace, a key or anything else that a client sends.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts requests and errors, and times the answers, by route: a task's name, for instance."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "shoplab_requests", "Answered requests.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "shoplab_request_seconds",
            "Time from the request to the end of its answer.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.errors = Counter(
            "shoplab_errors", "Errors that were answered.", ["code"], registry=self.registry
        )
        self.running = Gauge(
            "shoplab_requests_running", "Requests being answered.", registry=self.registry
        )

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything measured so far, in Prometheus' text format."""
        return generate_latest(self.registry)
