"""Words and their normal forms, in Chinese and English."""
