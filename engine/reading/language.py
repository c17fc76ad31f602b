"""The language a shop speaks, seen from its catalog or its customers' words."""

import pandas as pd

_CHINESE = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_CHINESE_SHARE = 0.3


def detect_language(texts: pd.Series) -> str:
    """`zh` where at least three in ten texts hold Chinese characters, else `en`."""
    known = texts.dropna()
    if not len(known):
        return "en"
    share = known.str.contains(_CHINESE, regex=True).mean()
    return "zh" if share >= _CHINESE_SHARE else "en"
