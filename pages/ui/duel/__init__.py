"""The page on which two search models meet, mixed and unnamed."""
