"""From a measured gain to money, as a range. See docs/case.md."""
