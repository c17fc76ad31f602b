"""The data page: files, columns, problems, loads."""
