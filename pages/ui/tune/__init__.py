"""The tune page: starting a training, and those that ended."""
