"""Which products answer a query."""

from engine.tasks.entry import TaskEntry

ENTRY = TaskEntry(
    order=20,
    page="search",
    icon="search",
    warm=1,
    # Whatever was clicked stood in it, since nothing else could be clicked.
    unfair_baselines=("shown",),
    evaluated_on="judgments",
    untuned_twins={
        "tuned": "untuned",
        "hybrid_tuned": "hybrid_untuned",
        "ranked_tuned": "ranked_untuned",
    },
    seed_spread=0.007,
)
