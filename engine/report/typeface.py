"""The fonts of a presentation: one for Latin letters, one for Chinese."""

from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import BaseOxmlElement, OxmlElement

LATIN, CHINESE = "Arial", "Microsoft YaHei"
# Every element that names a font, in the order in which the format wants them.
_FONTS = {"a:latin": LATIN, "a:ea": CHINESE, "a:cs": LATIN}


def set_typeface(properties: BaseOxmlElement) -> None:
    """Set both fonts in the properties of a text (`a:rPr`, `a:defRPr`)."""
    for name in _FONTS:
        for old in properties.findall(qn(name)):
            properties.remove(old)
    fonts = [OxmlElement(name) for name in _FONTS]
    for font, name in zip(fonts, _FONTS.values(), strict=True):
        font.set("typeface", name)
    # They come before links and after line, fill and effects.
    behind = properties.find(qn("a:hlinkClick"))
    for font in fonts:
        if behind is None:
            properties.append(font)
        else:
            behind.addprevious(font)


def set_theme(theme: bytes) -> bytes:
    """A theme with these fonts, so that texts a reader adds have them too."""
    root = parse_xml(theme)
    for kind in root.iter(qn("a:majorFont"), qn("a:minorFont")):
        for name, font in _FONTS.items():
            kind.find(qn(name)).set("typeface", font)
        for script in kind.findall(qn("a:font")):
            if script.get("script") in ("Hans", "Hant"):
                script.set("typeface", CHINESE)
    return serialize_part_xml(root)
