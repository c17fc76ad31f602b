"""How popular each product is, by what the log's shoppers clicked and bought."""

from engine.labelling.clicks import clicked
from engine.tables.events import EVENT_WEIGHTS
from engine.tables.tables import Tables, summary


@summary
def read_popularity(tables: Tables) -> dict[str, float]:
    """Popularity by product id; products that nobody clicked or bought are left out.

    It sums the weights of a product's clicks, corrected for their positions
    (`engine.labelling.clicks`); each order counts as much as a purchase in the log.
    """
    weights = clicked(tables).groupby("product_id")["weight"].sum()
    orders = (
        tables.columns("orders", "product_id")["product_id"].value_counts()
        * EVENT_WEIGHTS["purchase"]
    )
    popularity = weights.add(orders, fill_value=0.0)
    return {str(name): float(value) for name, value in popularity.items()}
