"""The tour of the home page, in both languages."""

import pytest

from engine.messages import LANGUAGES
from pages.ui.frame import i18n
from pages.ui.home.tour import COOKIE, STEPS
from tests.shop_double import clean, open_page, small_shop, texts_of


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tour_goes_through_its_steps_and_stays_closed(models, monkeypatch, language) -> None:
    shop = small_shop(language)
    app = clean(open_page("home", shop, language))
    for place, name in enumerate(STEPS, start=1):
        title = i18n.catalog().say(f"home.tour.{name}.title", language)
        assert f"**{title}** ({place} / {len(STEPS)})" in texts_of(app)
        if place < len(STEPS):
            clean(app.button(key="tour_next").click().run())
    clean(app.button(key="tour_close").click().run())
    assert app.button(key="tour_again")
    monkeypatch.setattr("pages.ui.frame.cookie.read", lambda name: {COOKIE: "seen"}.get(name, ""))
    again = clean(open_page("home", shop, language))
    assert again.button(key="tour_again")
    clean(again.button(key="tour_again").click().run())
    assert again.button(key="tour_next")
