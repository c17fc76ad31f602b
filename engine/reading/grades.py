"""Brings the grades of judgments to 0 to 3, whatever scale people used."""

import numpy as np
import pandas as pd

from engine.reading.sheet import Sheet

TOP = 3.0
# The scales above 0 to 3, by their highest grade.
SCALES = (4.0, 5.0, 10.0, 100.0)
# So many grades, and this share of them, must lie above 3 for another scale to be believed.
LEAST_COUNT, LEAST_SHARE = 3, 0.1
MANY = 0.4  # or two and this share of them, in a short file
# What TREC gives to spam and to what cannot be read.
SPAM = (-1.0, -2.0)
# Fewer grades that are all equal are nothing to point out.
FEWEST = 10


def scale_grades(sheet: Sheet, column: str, grades: pd.Series) -> pd.Series:
    """The grades on a scale of 0 to 3, with a note if they were on another one.

    Of 0 and 1, 1 is relevant; fractions up to 1 are shares of 3. The lowest grade of a scale that
    begins with 1, such as 1 to 5, is 0. TREC's -1 and -2 are not relevant.
    """
    spam = grades.isin(SPAM)
    if spam.any() and (grades > 0).any():
        sheet.note("data.grades_negative", column, count=sheet.count(spam))
        grades = grades.mask(spam, 0.0)
    usual = grades[np.isfinite(grades)]
    if not len(usual) or usual.min() < 0 or usual.max() <= 0:
        return grades
    highest, lowest = float(usual.max()), float(usual.min())
    if highest <= 1:
        code = "data.grades_equal" if lowest == highest else "data.grades_binary"
        if lowest == highest or usual.isin([0, 1]).all():
            sheet.note(code, column, grade=highest)
            return grades.mask(grades > 0, TOP)
        sheet.note("data.grades_scaled", column, low=0.0, high=1.0)
        return grades * TOP
    if highest <= TOP:
        if lowest == highest and len(usual) >= FEWEST:
            sheet.note("data.grades_equal", column, grade=highest)
            return grades.mask(grades > 0, TOP)
        return grades
    above = int((usual > TOP).sum())
    scale = next((top for top in SCALES if highest <= top), None)
    several = above >= max(LEAST_COUNT, LEAST_SHARE * len(usual))
    many = above >= max(2, MANY * len(usual))
    if scale is None or not (several or many):
        return grades
    bottom = 1.0 if lowest >= 1 and scale in (5.0, 10.0) else 0.0
    sheet.note("data.grades_scaled", column, low=bottom, high=scale)
    return (grades - bottom) * TOP / (scale - bottom)
