"""What the pages of a workshop share: the QR code, the big code, a vote's tally."""
