"""The service assistant's page."""
