"""What lives on disk: a team's workspace and its runs."""
