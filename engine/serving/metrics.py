"""What the models do and take, for a Prometheus server to read."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from engine.serving.memory import Memory


class ModelMetrics:
    """Counts answers by service and outcome, and shows memory and threads as they are."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "shoplab_model_answers",
            "Answers of models, by what was asked and how it ended (an error's code, or ok).",
            ["asked", "outcome"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "shoplab_model_seconds",
            "Seconds until a model had answered, with waiting for others and for loading.",
            ["asked"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180),
            registry=self._registry,
        )
        self._gauges = {
            name: Gauge(f"shoplab_models_{name}", about, registry=self._registry)
            for name, about in {
                "budget_bytes": "Bytes that the models may take together.",
                "taken_bytes": "Bytes that the process of the models takes.",
                "bundles": "Models in memory, each with what it needs of a shop.",
                "waiting": "Questions that wait for a thread.",
                "lost_threads": "Threads that never came back from a question.",
            }.items()
        }

    def count(self, asked: str, outcome: str, seconds: float) -> None:
        """Count one answer."""
        self._answers.labels(asked, outcome).inc()
        self._seconds.labels(asked).observe(seconds)

    def text(self, memory: Memory, waiting: int, lost: int) -> bytes:
        """All figures in Prometheus' text format."""
        values = {
            "budget_bytes": memory.budget,
            "taken_bytes": memory.taken,
            "bundles": len(memory.bundles),
            "waiting": waiting,
            "lost_threads": lost,
        }
        for name, value in values.items():
            self._gauges[name].set(value)
        return generate_latest(self._registry)
