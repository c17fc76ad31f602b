"""The page on which people join a workshop and see what the room does."""
