"""The error codes that reading JSON raises."""

from __future__ import annotations

from tlib_schemas.errors import register_codes

_JSON = "Write the line as docs/json.md says."

register_codes(
    (
        ("json-syntax", "The text is not JSON.", _JSON),
        ("json-form", "The JSON does not have the documented form.", _JSON),
    )
)
