"""The report page: what goes in, how it reads, and the files to take along."""
