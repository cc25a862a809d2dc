"""The error codes that reading a log raises."""

from __future__ import annotations

from tlib_schemas.errors import register_codes

_CUT = "The line is cut, or another text is written into it: look at the log there."
_LIMIT = "Raise the limit (`LogLimits`) if you expect text of this size; otherwise the file is damaged."

register_codes(
    (
        ("log-line-too-long", "A line of a log exceeds the limit; it is skipped.", _LIMIT),
        ("log-message-too-long", "A message of a log exceeds the limit; the rest of it is skipped.", _LIMIT),
        ("log-more-problems", "A message of a log has more problems than the limit; the rest are only counted.", _LIMIT),
        ("log-orphan", "Attributes stand in no message; they are skipped.", "Give the log from the line where the message begins."),
        ("log-line", "A line inside a message is neither an attribute nor a pair; it is skipped.", _CUT),
        (
            "log-encoding",
            "A line is not UTF-8; it is read as Windows-1252, and so is every other one.",
            "Name the encoding of the log: --encoding, or `encoding` of `read`.",
        ),
        ("log-value", "An attribute's printed value does not have the form of its type; the attribute is left out.", _CUT),
        ("log-pair", "A pair belongs to no list, or does not have the form of a pair; it is skipped.", _CUT),
        ("log-unclosed-quote", "A quoted value is never closed; only its first line is kept.", _CUT),
        ("log-duplicate-attribute", "An attribute stands twice in a message; the first one counts.", _CUT),
        (
            "log-filtered",
            "A value or pairs of a list are not printed; the printed ones are kept.",
            "The T-Server's log filter hides or drops it: switch the filter off to log it.",
        ),
        (
            "log-unnumbered",
            "A message of a log has attributes whose number is not public; a frame is written without them.",
            "Write JSONL or columns, which keep them.",
        ),
        (
            "log-indentation",
            "A list lost its indentation: where its nested lists end is a guess.",
            "Give the original log instead of a copy that lost its tabs.",
        ),
    )
)
