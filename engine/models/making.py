"""One model is made at a time.

While transformers makes a model, it replaces `PreTrainedModel.tie_weights` and other functions of
its classes, for all threads (`transformers.initialization`). Of two models that are made at once
one may keep weights without numbers, and so may every later one of the process.
"""

from threading import RLock

# Held by whoever makes a model of transformers.
MAKING = RLock()
