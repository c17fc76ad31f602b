"""What was found in a workspace as slides, a page or tables, each claim with where it was found."""
