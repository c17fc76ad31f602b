"""From what size on a catalog's vectors and words are kept otherwise than a small one's."""

# To encode so many products takes two cores seven minutes with AMX, at 115 texts a second and core,
# and a quarter of an hour without.
LARGE = 100_000
