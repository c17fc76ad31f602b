"""What Streamlit itself writes in English, in the page's language.

Streamlit has no translations: the words of its upload box, its status and its hints are part of its
front end. A hidden component replaces them where they appear. It also mends what keeps Streamlit's
own parts from being read: text on the main colour, and the lists of the navigation.
"""

from pathlib import Path

import streamlit as st

from pages.ui.frame import i18n

# As regular expressions over a whole text, each with what stands in its place, `$1` for a group.
CHINESE = (
    ("Skip to main content", "跳到正文"),
    ("Upload", "上传"),
    ("Add files", "添加文件"),
    ("Browse files", "选择文件"),
    ("Drag and drop (?:a file|files|file) here", "把文件拖到这里"),
    (r"Limit (\d[\d.]* ?[KMGT]?B) per file(.*)", "每个文件最大 $1$2"),
    (r"(\d[\d.]* ?[KMGT]?B) per file(.*)", "每个文件最大 $1$2"),
    ("Press (?:Enter|⌘\\+Enter|Ctrl\\+Enter) to (?:apply|submit form|submit)", "按回车确认"),
    ("Running\\.\\.\\.", "运行中…"),
    ("Stop", "停止"),
    ("Rerun", "重新运行"),
    ("Settings", "设置"),
    ("Print", "打印"),
    ("No results", "没有结果"),
    ("Select all", "全选"),
    ("Clear all", "全部清除"),
    ("Connecting", "连接中"),
    ("view more", "查看更多"),
    ("view less", "收起"),
)
_COMPONENT = st.components.v2.component(
    "shoplab_own_words",
    html="<span hidden></span>\n",
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    # The words and colours are those of the page around the component.
    isolate_styles=False,
)


def translate() -> None:
    """Let Streamlit's own words stand in the page's language; call it once a page."""
    patterns = CHINESE if i18n.language() == "zh" else ()
    _COMPONENT(key="own_words", data={"patterns": [list(pair) for pair in patterns]})
