"""What text is: the bytes that no text format has."""

from __future__ import annotations

import re

CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""A control character that does not occur in text."""
