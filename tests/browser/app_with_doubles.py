"""`streamlit` with a double where the process of the models would answer.

Starting that process takes longer than most of the pages that these tests look at.
"""

from streamlit.web.cli import main

from engine.serving import client
from tests.shop_double import FakeModels

if __name__ == "__main__":
    models = FakeModels()
    client.ask, client.warm = models.ask, models.warm
    client.start = lambda: None
    main(prog_name="streamlit")
