"""The error of a query that cannot be asked."""

from __future__ import annotations

from tlib_schemas.errors import printable


class QueryError(ValueError):
    """A query that cannot be asked: `option` is the part of the query that holds the mistake.

    With `text` and `place`, the message shows the text with a caret before the character at `place`, on one line.
    """

    def __init__(self, message: str, option: str, *, text: str | None = None, place: int = 0) -> None:
        shown = "" if text is None else f" (at ^: {text[:place]}^{text[place:]})"
        super().__init__(printable(message + shown))
        self.option: str = option
        self.place: int = place
