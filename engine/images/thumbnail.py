"""Pictures so small that they travel inside a page."""

import base64
import functools

from PIL import Image

from engine.images.decode import as_webp

# Pixels on the longer side: twice what a page shows, for screens with two of theirs to one.
SIDE = 152
# About 4 kB each.
_KEPT = 4096


@functools.lru_cache(maxsize=_KEPT)
def thumbnail(file: str) -> str:
    """The `data:` address of the picture in `file`, one of `engine.images.image_store.Pictures`.

    Empty where the file is gone: pictures may be removed while somebody looks at them.
    """
    try:
        with Image.open(file, formats=("WEBP",)) as image:
            image.thumbnail((SIDE, SIDE))
            content = as_webp(image)
    except FileNotFoundError:
        return ""
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"
