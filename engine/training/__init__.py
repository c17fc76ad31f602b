"""One training from start to record: settings, estimate, progress, run."""
