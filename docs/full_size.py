"""Let a click on a picture of the guide open it at its full size: a whole window is small between two columns."""

from __future__ import annotations

import re
from typing import Any

IMAGE = re.compile(r'<img [^>]*src="(?P<place>[^"#]+)[^>]*>')


def on_page_content(html: str, **_more: Any) -> str:
    return IMAGE.sub(r'<a href="\g<place>">\g<0></a>', html)
