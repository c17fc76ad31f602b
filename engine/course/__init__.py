"""The course: exercises in files, what a team has to do for each, and what it did."""
