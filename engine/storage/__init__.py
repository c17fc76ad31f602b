"""What is kept on disk: a team's workspace, its runs and its feedback."""
