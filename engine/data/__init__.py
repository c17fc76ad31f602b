"""Tables: from a user's file to checked Parquet, and what they are good for."""
