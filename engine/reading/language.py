"""Detects a shop's language from its catalog or its customers' words."""

import pandas as pd

_CHINESE = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_CHINESE_SHARE = 0.3


def detect_language(texts: pd.Series) -> str:
    """`zh` if at least three in ten texts contain Chinese characters, else `en`."""
    filled = texts.dropna()
    if not len(filled):
        return "en"
    share = filled.str.contains(_CHINESE, regex=True).mean()
    return "zh" if share >= _CHINESE_SHARE else "en"
