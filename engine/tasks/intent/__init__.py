"""What a query wants, and which category it means."""
