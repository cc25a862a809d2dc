"""The error codes that reading a scenario raises."""

from __future__ import annotations

from tlib_schemas.errors import register_codes

_SCENARIO = "Write the scenario as docs/simulator.md says."

register_codes(
    (
        ("scenario-syntax", "The text of a scenario is not TOML.", _SCENARIO),
        ("scenario-form", "A value of a scenario is not one that its key takes.", _SCENARIO),
    )
)
