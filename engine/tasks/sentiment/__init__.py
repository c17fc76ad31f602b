"""What a review feels."""
