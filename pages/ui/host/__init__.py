"""The page for whoever runs the server: hidden unless the environment sets its password."""
