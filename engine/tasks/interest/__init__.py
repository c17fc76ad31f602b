"""What a shopper wants next, from what they did before."""

from engine.tasks.entry import TaskEntry

# The order that was shown knows the places, which pull the clicks.
ENTRY = TaskEntry(
    order=70,
    page="recommend",
    icon="recommend",
    unfair_baselines=("shown",),
    evaluated_on="judgments",
)
