"""Numbers with units: found as people write them, equal where they measure the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.quantities import Quantity, quantities, unit_named


def read(text: str) -> list[tuple[float, str]]:
    return [(found.value, found.unit) for found in quantities(text)]


def only(text: str) -> Quantity:
    (found,) = quantities(text)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 ft cable (0.91 m)", [(3, "foot"), (0.91, "meter")]),
        ("10x15cm - 50 Sheets", [(10, "centimeter"), (15, "centimeter"), (50, "sheet")]),
        ("24 in x 50 ft, 400 g/m²", [(24, "inch"), (50, "foot"), (400, "gram / meter ** 2")]),
        ("100-240 V, 50/60 Hz", [(100, "volt"), (240, "volt"), (50, "hertz"), (60, "hertz")]),
        ("-20 to 40 °C", [(-20, "degC"), (40, "degC")]),
        ("1,5 l or 1,500 ml", [(1.5, "liter"), (1500, "milliliter")]),
        ("100,000 pages, 10k pages", [(100000, "page"), (10000, "page")]),
        ("a two-year warranty, a dozen eggs", [(2, "year"), (12, "")]),
        ("1 1/2 cups of ½ l", [(1.5, ""), (0.5, "liter")]),
        ('15.6" screen in 4K or 1080p', [(15.6, "inch"), (2160, "scanline"), (1080, "scanline")]),
        ("$172.99 ¥399 20 USD", [(172.99, "dollar"), (399, "yuan"), (20, "dollar")]),
        ("100 Mbit/s is no 100 MB/s", [(100, "megabit / second"), (100, "megabyte / second")]),
        ("USB 2.0 A to B, 2A", [(2, ""), (2, "ampere")]),
        ("２６８００毫安充电宝", [(26800, "milliampere * hour")]),
        ("两年质保，两百五十毫升", [(2, "year"), (250, "milliliter")]),
        ("半小时充满，续航十二小时", [(0.5, "hour"), (12, "hour")]),
        ("1.2万转，三层", [(12000, "revolutions_per_minute"), (3, "layer")]),
        ("一万二千毫安时", [(12000, "milliampere * hour")]),
        ("一整升", [(1, "liter")]),
        ("一年半，两斤半", [(1.5, "year"), (2.5, "jin")]),
        ("8～12小时", [(8, "hour"), (12, "hour")]),
        ("55寸 5斤", [(55, "inch"), (5, "jin")]),
    ],
)
def test_quantities_are_read(text: str, expected: list[tuple[float, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    ["X544dn", "Cat6", "3D", "5G", "C9300/C9500", "USB-C", "一年四季", "三口之家", "one", ""],
)
def test_digits_in_names_and_idioms_count_nothing(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 kg", "1000 g"),
        ("24 months", "two years"),
        ("3 ft", "0.91 m"),
        ("20 °C", "68 °F"),
        ("5斤", "2.5公斤"),
        ("1.8升", "1800 ml"),
        ("4K", "2160p"),
        ("500毫升", "0.5 L"),
    ],
)
def test_equal_in_other_units(one: str, other: str) -> None:
    assert only(one).equals(only(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 kg", "1 l"),
        ("100 g", "101 g"),
        ("8 hours", "10 hours"),
        ("1 TB", "1 Mbit/s"),
        ("50 %", "50"),
        ("5 sheets", "5 pages"),
        ("10 dollars", "10元"),
    ],
)
def test_unequal(one: str, other: str) -> None:
    assert not only(one).equals(only(other))


def test_dimensions_are_told_apart() -> None:
    assert only("3 ft").dimension == only("2米").dimension != only("2 kg").dimension
    assert unit_named("KG") == "kilogram"
    assert unit_named("Minutes") == "minute"
    assert unit_named("nothing") is None


@given(
    st.text(alphabet=st.one_of(st.characters(), st.sampled_from('0123456789.,/x-年两 kgm"½$万')))
)
def test_any_text_gives_spans_inside_it(text: str) -> None:
    end = 0
    for found in quantities(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end
        assert found.equals(found)
