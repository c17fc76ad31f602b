"""The language a shop speaks, seen from its catalog."""

import pandas as pd

_CHINESE = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_CHINESE_SHARE = 0.3


def detect_language(products: pd.DataFrame) -> str:
    """`zh` where at least three in ten product titles hold Chinese characters, else `en`."""
    titles = products["title"].dropna()
    if not len(titles):
        return "en"
    share = titles.str.contains(_CHINESE, regex=True).mean()
    return "zh" if share >= _CHINESE_SHARE else "en"
