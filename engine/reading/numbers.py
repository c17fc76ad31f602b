"""Reads numbers, and prices as shops write them."""

import re

import numpy as np
import pandas as pd

from engine.text.normal_form import normal_form

# Longer texts are no numbers, with whatever they are padded.
LONGEST = 400

_CURRENCY = re.compile(
    r"(?i)(?:us|hk|nt|mx|[rcas])?\$|[€£¥₹₽₩฿₫₺₱₴₪]|\brs\b\.?|\br[mp]\b|\bkr\b\.?|zł|kč"
    r"|\b(?:usd|cny|rmb|eur|gbp|jpy|hkd|twd|inr|chf|cad|aud|sgd|krw|thb|sar|aed|brl|mxn|pln|sek)\b"
    r"|人民币|元起?|块钱?|美元|欧元|港币|円|원|บาท|ر\.?\s?س\.?|د\.?\s?إ\.?|ج\.?\s?م\.?|ریال|ريال|تومان|درهم"
)
# What stands around the one price that is meant, or the lowest one.
_WORDS = re.compile(
    r"(?i)\b(?:from|ab|à partir de|a partir de|desde|vanaf|från|od|mrp|msrp|price|only|now|approx"
    r"|ca|each|ea|inkl|incl|ttc|starting at|as low as|от)\b\.?"
    r"|起售?价?|约|低至|仅|特价|现价|售价|/-"
)
_FREE = re.compile(r"(?i)(?:free|gratis|gratuit|kostenlos|免费|無料|مجاني)!?")
_RANGE = re.compile(r"(\d[\d.,]*+)(?:-|–|—|~|至|到|to|à|bis)(\d[\d.,]*+)")
_EUROPEAN = r"\.\d{3},\d|^\D*\d+,\d{1,2}\D*$"
_ENGLISH = r",\d{3}\.\d|^\D*\d+\.\d{1,2}\D*$"
_FOREIGN_DIGIT = re.compile(r"[^\W0-9a-zA-Z_]")

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


def _read(column: pd.Series, *, prices: bool) -> Values:
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    comma = column.str.contains(_EUROPEAN, regex=True, na=False).any()
    european = bool(comma and not column.str.contains(_ENGLISH, regex=True, na=False).any())
    odd = column.notna() & (numbers.isna() | european)
    texts = column[odd]
    values = {text: _number(text, european, prices) for text in texts.unique()}
    numbers[odd] = np.array([values[text] for text in texts], dtype=float)
    unread = column.notna() & numbers.isna() & ~column.str.lower().isin(["nan", "-nan", "+nan"])
    return numbers, unread


def _number(text: str, european: bool, prices: bool) -> float:
    if len(text) > LONGEST:
        return np.nan
    plain = _with_western_digits(normal_form("NFKC", text))
    european = european and "\u066b" not in text
    if prices and _FREE.fullmatch(plain.strip()):
        return 0.0
    bare = _CURRENCY.sub("", _WORDS.sub(" ", plain) if prices else plain).replace("'", "")
    bare = re.sub(r"\s", "", bare)
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


def _with_western_digits(text: str) -> str:
    """The text with 0 to 9 for the digits of any script, and `.` for the Arabic decimal sign."""
    if text.isascii():
        return text
    western = _FOREIGN_DIGIT.sub(_western, text)
    return western.replace("\u066c", "").replace("\u066b", ".").replace("،", ",")


def _western(match: re.Match[str]) -> str:
    return str(int(match[0])) if match[0].isdecimal() else match[0]
