"""What the host alone may do, wherever it is offered."""
