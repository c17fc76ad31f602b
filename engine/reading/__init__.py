"""Any file as a shop exports it, read, mapped, cleaned and loaded as tables."""
