"""What Shoplab takes beside the raw library or a peer, both measured in the same run.

Each part is a module with a function `compare(size)`, and runs in a process of its own.
"""
