"""What stands where a task's model would answer: values of the engine's own types."""
