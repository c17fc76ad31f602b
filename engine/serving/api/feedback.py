"""Keeps what shoppers outside do with the lists that they are shown."""

import secrets

from engine.errors import InputError
from engine.serving.api.bodies import FeedbackInput, KeptFeedback
from engine.storage.feedback import Feedback, Shown
from engine.storage.workspace import Workspace

# What made a list whose client does not say it.
UNNAMED_SYSTEM = "deployed"


def keep_feedback(workspace: Workspace, body: FeedbackInput) -> KeptFeedback:
    """Keep a list and acts, or acts on a list that is kept already; all of them or none.

    No policy chose such a list, so it says nothing about strategies: only its acts are read, as
    those of its visit. Raises InputError for an unknown list, and a product that is not in it.
    """
    with Feedback(workspace) as feedback:
        shown = feedback.get(body.list) if body.list else _new_list(body)
        for act in body.acts:
            if act.product_id not in shown.products:
                raise InputError("strategy.not_in_list", product=act.product_id)
        if not body.list:
            feedback.show(shown)
        for act in body.acts:
            feedback.record(shown.list_id, act.product_id, act.event)
    return KeptFeedback(shown.list_id, len(body.acts))


def _new_list(body: FeedbackInput) -> Shown:
    if not body.visit.strip():
        raise InputError("codec.no_text", row=1, field="visit")
    if not body.products:
        raise InputError("codec.no_list", row=1, field="products")
    system = body.system or UNNAMED_SYSTEM
    return Shown(
        list_id=secrets.token_hex(8),
        visit=body.visit,
        shopper=body.shopper,
        query=body.query,
        policy="",
        arm=system,
        probabilities={system: 1.0},
        context={},
        products=body.products,
    )
