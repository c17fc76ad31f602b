"""The commands of the command line: each takes what was typed and returns what it found."""
