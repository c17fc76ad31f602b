"""Reads numbers, and prices as shops write them."""

import re

import numpy as np
import pandas as pd

from engine.text.normal_form import normal_form

# Longer texts are no numbers, with whatever they are padded.
LONGEST = 400

_CODES = (
    "usd|cny|rmb|eur|gbp|jpy|hkd|twd|inr|chf|cad|aud|nzd|sgd|krw|thb|sar|aed|brl|mxn|pln|sek|nok|dkk"
    "|czk|huf|ron|try|rub|uah|ils|zar|myr|php|idr|vnd"
)
# Words of letters, which no further letter may touch; digits may ("Rs849", "35USD").
_CURRENCY = re.compile(
    r"(?i)(?:us|hk|nt|mx|au|nz|ca|[rcas])?\s?\$|[€£¥₹₽₩฿₫đ₺₱₴₪₦]"
    rf"|(?<![^\W\d_])(?:{_CODES}|rs|r[mp]|kr|tl|ft|lei|руб|р|грн)(?![^\W\d_])\.?|zł|kč"
    r"|人民币|元起?|块钱?|美元|欧元|港币|円|원|บาท|đồng"
    r"|ر\.?\s?س\.?|د\.?\s?إ\.?|ج\.?\s?م\.?|ریال|ريال|تومان|درهم"
)
# What stands around the one price that is meant, or the lowest one.
_WORDS = re.compile(
    r"(?i)\b(?:from|ab|à partir de|a partir de|a partire da|dès|desde|vanaf|från|od|от|từ|dari|mrp"
    r"|msrp|rrp|uvp|price|only|now|approx|ca|each|ea|inkl|incl|ttc|starting at|as low as)\b\.?"
    r"|起售?价?|约|低至|仅|特价|现价|售价|から|税込み?|税抜き?|부터|เริ่มต้น(?:ที่)?|/-|[.,][-–—]+(?!\d)|[~〜]$"
)
_FREE = re.compile(
    r"(?i)(?:free|gratis|grátis|gratuit[oa]?|kostenlos|бесплатно|ücretsiz"
    r"|免费|無料|무료|ฟรี|miễn phí|مجاني)!?"
)
_RANGE = re.compile(r"(\d[\d.,]*+)(?:-|–|—|~|至|到|to|à|bis)(\d[\d.,]*+)")
# Two groups of thousands, or one beside a currency of a country that writes them with points.
_POINTED = (
    r"\d\.\d{3}\.\d{3}(?!\d)|\d\.\d{3}\s?(?:€|eur|₫|đ|vnd|tl|₺|kr|zł)"
    r"|(?:€|eur|rp|idr|r\$|₺)\.?\s?\d{1,3}\.\d{3}(?!\d)"
)
_EUROPEAN = rf"(?i)\.\d{{3}},\d|^\D*\d+,\d{{1,2}}\D*$|{_POINTED}"
_ENGLISH = r",\d{3}\.\d|^\D*\d+\.\d{1,2}\D*$"
_MAY_BE_NUMBER = r"[0-9]|[^\x00-\x7f]"  # with a digit, of any script
_WHOLE = r"\d{1,6},000"  # pieces, in a country of decimal commas
_THREE_DIGITS = r"\D*[1-9]\d{0,2}\.\d{3}\D*"
FOREIGN_DIGIT = r"(?![0-9])\d"

Values = tuple[pd.Series, pd.Series]


def read_numbers(column: pd.Series) -> Values:
    """Numbers with currencies, thousands separators, decimal commas, or 万, and the unread texts.

    A whole column is read the same way: "1.299" is 1299 if another cell has a decimal comma and
    none a decimal point. "NaN" and "inf" are read as such.
    """
    return _read(column, prices=False)


def read_prices(column: pd.Series) -> Values:
    """Numbers like `read_numbers`, and "From $24.00", ranges (the lower end) and "Free" (0)."""
    return _read(column, prices=True)


def may_be_thousands(prices: pd.Series) -> bool:
    """Whether nothing shows if the points in the prices are decimal ("1.299" and "2.499")."""
    marked = prices[prices.str.contains("[.,]", regex=True, na=False)]
    unclear = len(marked) > 1 and bool(marked.str.fullmatch(_THREE_DIGITS).all())
    return unclear and not marked.str.contains(_EUROPEAN, regex=True).any()


def _read(column: pd.Series, *, prices: bool) -> Values:
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    comma = column.str.contains(_EUROPEAN, regex=True, na=False).any()
    if not prices and column.notna().any():
        comma = comma or column.dropna().str.fullmatch(_WHOLE).all()
    european = bool(comma and not column.str.contains(_ENGLISH, regex=True, na=False).any())
    odd = column.notna() & (numbers.isna() | european)
    if not prices:  # most texts are no numbers, and this is the quickest way to know it
        odd &= column.str.contains(_MAY_BE_NUMBER, regex=True, na=False)
    texts = column[odd]
    values = {text: _number(text, european, prices) for text in texts.unique()}
    numbers[odd] = np.array([values[text] for text in texts], dtype=float)
    unread = column.notna() & numbers.isna() & ~column.str.lower().isin(["nan", "-nan", "+nan"])
    return numbers, unread


def _number(text: str, european: bool, prices: bool) -> float:
    if len(text) > LONGEST:
        return np.nan
    plain = with_western_digits(normal_form("NFKC", text))
    european = european and "\u066b" not in text
    if prices and _FREE.fullmatch(plain.strip()):
        return 0.0
    bare = _CURRENCY.sub("", _WORDS.sub(" ", plain) if prices else plain)
    bare = re.sub(r"[\s'’]|\(\s*\)", "", bare)
    if prices and (span := _RANGE.fullmatch(bare.rstrip("万萬"))):
        low, high = (_plain_number(part, european) for part in span.groups())
        scale = 10_000.0 if bare.endswith(("万", "萬")) else 1.0
        return low * scale if low <= high else np.nan
    scale = 10_000.0 if bare.endswith(("万", "萬")) else 1.0
    return _plain_number(bare.rstrip("万萬"), european) * scale


def _plain_number(bare: str, european: bool) -> float:
    point, comma = bare.rfind("."), bare.rfind(",")
    if point >= 0 and comma >= 0:
        european = comma > point
    elif comma >= 0 and not european:
        european = re.fullmatch(r"[+-]?\d+,\d{1,2}", bare) is not None
    bare = bare.replace(".", "").replace(",", ".") if european else bare.replace(",", "")
    try:
        return np.nan if "_" in bare else float(bare)
    except ValueError:
        return np.nan


def with_western_digits(text: str) -> str:
    """The text with 0 to 9 for the digits of any script, and `.` for the Arabic decimal sign."""
    if text.isascii():
        return text
    western = re.sub(FOREIGN_DIGIT, lambda match: str(int(match[0])), text)
    return western.replace("\u066c", "").replace("\u066b", ".").replace("،", ",")
