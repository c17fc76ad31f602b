"""What every page knows of a workshop: whether this tab is in one, its clock, its banner."""
