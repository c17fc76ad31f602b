"""The tune page: starting a training, and the list of finished ones."""
