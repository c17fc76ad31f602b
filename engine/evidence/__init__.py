"""What was measured in a workspace, cited so that anybody can look at it again."""
