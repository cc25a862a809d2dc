"""Text in JSON: a string, or ``{"$string": base64}`` of its bytes where they are not UTF-8.

Strategy: text holds such a byte as a lone surrogate (``surrogateescape``), which JSON's UTF-8 cannot express.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

MARK: Final = "$string"


def text_to_data(text: str) -> str | dict[str, str]:
    """Return the JSON value of a text."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return {MARK: base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()}
    return text


def text_from_data(data: object) -> str | None:
    """Return the text of which `text_to_data` makes `data`; None where there is none."""
    if isinstance(data, str):
        return data
    if not isinstance(data, dict) or data.keys() != {MARK} or not isinstance(data[MARK], str):
        return None
    try:
        text = base64.b64decode(data[MARK], validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None
    return text if text_to_data(text) == data else None


def texts_to_data(texts: Mapping[str, Any]) -> Any:
    """Return the JSON value of texts by name: an object, or an array of pairs where a name is not UTF-8. Other values stay as they are."""
    pairs = [(text_to_data(name), text_to_data(value) if isinstance(value, str) else value) for name, value in texts.items()]
    return {name: value for name, value in pairs if isinstance(name, str)} if all(isinstance(name, str) for name, _ in pairs) else pairs


def texts_from_data(data: object) -> dict[str, Any]:
    """Return the texts of which `texts_to_data` makes `data`; no texts for data of another shape."""
    texts: dict[str, Any] = {}
    pairs = data.items() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for pair in pairs:
        name = text_from_data(pair[0]) if isinstance(pair, tuple | list) and len(pair) == 2 else None
        if name is None:
            return {}
        text = text_from_data(pair[1])
        texts[name] = pair[1] if text is None else text
    return texts
