"""What the host of a server sees and does: who uses what, stopping, deleting, backing up."""
