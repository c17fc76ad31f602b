"""What the tasks that put texts into classes share: members, their blend, tuning, bundles."""
