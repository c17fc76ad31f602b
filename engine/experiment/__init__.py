"""Plans an A/B test on the shop's own traffic, and reads a finished one. See docs/experiment.md."""
