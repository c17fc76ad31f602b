"""What the tasks that put texts into classes share: members, their blend, tuning, bundles."""

# What stands for each system with a tuned part when nothing is tuned.
UNTUNED_TWINS = {"tuned": "frozen", "tuned_tfidf": "frozen_tfidf"}
