"""Parse a condition: ``CallType = Inbound and not (ANI ~ 55* or UserData.Tier = Gold)``.

Strategy: recursive descent over the text itself, since a name, a value and a pattern have words of their own. ``or`` binds
less than ``and``, ``and`` less than ``not``. A value without quotes extends to the next ``and``, ``or`` or closing
parenthesis, so it may hold spaces; a later word with an operator in it is an error, because a forgotten ``and`` would
otherwise become part of the value. Every error shows its place. The places of the fields and literals stand beside the
tree, in its reading order.

    expression = conjunction {"or" conjunction}
    conjunction = term {"and" term}
    term = "not" term | "(" expression ")" | field operator value | field "~" pattern
    field = ["any"] name {"." key}
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

import msgspec

from .errors import QueryError
from .syntax import And, Compare, Expression, Field, Match, Not, Operator, Or

DEEPEST: Final = 64  # levels of parentheses and "not"
_SPACE: Final = re.compile(r"\s*")
_KEYWORD: Final = re.compile(r"(and|or|not|any)(?=[\s(]|$)", re.IGNORECASE)
_OPERATOR: Final = re.compile(r"!=|<=|>=|[=<>~]")
_OPERATORS: Final = "= != < <= > >= or ~"
_QUOTE: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\([\\\"'])")
_REGEX: Final = re.compile(r"/((?:[^/\\]|\\.)*)/(i?)(?=[\s)]|$)", re.DOTALL)
_NAME: Final = re.compile(r"(?:(?!!=)[^\s.,=<>~()\"'])+")
_KEY: Final = re.compile(r"(?:[^\s.=<>~!]|!(?!=)|\s++(?!!=|[=<>~]|$))+")
_LISTED_KEY: Final = re.compile(r"(?:[^\s.,]|\s++(?!,|$))+")
_JOINT: Final = re.compile(r"\s(?:and|or|not)\s", re.IGNORECASE)
_PIECE: Final = re.compile(r"\s+|[()]|[^\s()]+")


class Place(msgspec.Struct, frozen=True):
    """Where a comparison or match stands in the text: its field and its literal."""

    field: int
    value: int


class Parsed(msgspec.Struct, frozen=True):
    """A tree, the text that it comes from, and the place of each of its leaves in reading order."""

    expression: Expression
    text: str
    places: tuple[Place, ...]


def parse(text: str) -> Parsed:
    """Return the tree of a condition. Raises QueryError."""
    parser = _Parser(text, "where")
    expression = parser.expression()
    if not parser.ended():
        parser.fail("expected and, or, or the end")
    return Parsed(expression, text, tuple(parser.places))


def parse_fields(text: str) -> tuple[tuple[Field, int], ...]:
    """Return the fields of a list with commas between, and the place of each. Raises QueryError."""
    parser = _Parser(text, "select")
    fields = []
    while True:
        place = parser.skip()
        fields.append((parser.field(_LISTED_KEY), place))
        if parser.ended():
            return tuple(fields)
        if not parser.accept(","):
            parser.fail("expected a comma")


class _Parser:
    def __init__(self, text: str, option: str) -> None:
        self.places: list[Place] = []
        self._text = text
        self._option = option
        self._at = 0
        self._depth = 0

    def fail(self, message: str, place: int | None = None) -> NoReturn:
        """Raise the error at `place`; without one, at the next word."""
        raise QueryError(message, self._option, text=self._text, place=self.skip() if place is None else place)

    def skip(self) -> int:
        """Skip spaces and return the place of the next word."""
        space = _SPACE.match(self._text, self._at)
        assert space is not None
        self._at = space.end()
        return self._at

    def ended(self) -> bool:
        """Return whether nothing but spaces is left."""
        return self.skip() == len(self._text)

    def accept(self, character: str) -> bool:
        """Take the character if it is next."""
        taken = self._text.startswith(character, self.skip())
        self._at += taken
        return taken

    def _keyword(self, *words: str) -> bool:
        """Take one of the keywords if it is next."""
        match = _KEYWORD.match(self._text, self.skip())
        if match is None or match[1].lower() not in words:
            return False
        self._at = match.end()
        return True

    def expression(self) -> Expression:
        """Take conjunctions with "or" between."""
        terms = [self._conjunction()]
        while self._keyword("or"):
            terms.append(self._conjunction())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _conjunction(self) -> Expression:
        terms = [self._term()]
        while self._keyword("and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _term(self) -> Expression:
        place = self.skip()
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(f"more than {DEEPEST} levels of parentheses", place)
        if self._keyword("not"):
            made: Expression = Not(self._term())
        elif self.accept("("):
            made = self.expression()
            if not self.accept(")"):
                self.fail("expected and, or, or a closing parenthesis")
        else:
            made = self._condition()
        self._depth -= 1
        return made

    def _condition(self) -> Compare | Match:
        place = self.skip()
        every = self._keyword("any")
        field = self.field(_KEY)
        if every:
            field = msgspec.structs.replace(field, any=True)
        operator = _OPERATOR.match(self._text, self.skip())
        if operator is None:
            self.fail(f"expected {_OPERATORS}, as in Cause=Transfer")
        self._at = operator.end()
        value = self.skip()
        self.places.append(Place(place, value))
        if operator[0] == "~":
            return self._pattern(field)
        return Compare(field, Operator(operator[0]), self._value())

    def field(self, key: re.Pattern[str]) -> Field:
        """Take a name, and the keys behind it; `key` says where a key without quotes ends."""
        place = self.skip()
        if _KEYWORD.match(self._text, place) is not None:
            self.fail("expected a name; a name that is a keyword needs quotes", place)
        name = self._part(_NAME, "expected a name, as in Cause=Transfer")
        keys = []
        while self._text.startswith(".", self._at):
            self._at += 1
            start = self._at
            keys.append(self._part(key, "expected a key"))
            joint = None if self._text[start] in "\"'" else _JOINT.search(keys[-1])
            if joint is not None:
                self.fail(f"expected {_OPERATORS}; a key with this word needs quotes", start + joint.start() + 1)
        return Field(name, ".".join(keys))

    def _part(self, pattern: re.Pattern[str], expected: str) -> str:
        if self._text[self._at : self._at + 1] in ('"', "'"):
            return self._quoted()
        match = pattern.match(self._text, self._at)
        if match is None:
            self.fail(expected, self._at)
        self._at = match.end()
        return match[0]

    def _quoted(self) -> str:
        match = _QUOTE.match(self._text, self._at)
        if match is None:
            self.fail("the quote is not closed", self._at)
        self._at = match.end()
        return _ESCAPE.sub(r"\1", match[0][1:-1])

    def _pattern(self, field: Field) -> Match:
        if not self._text.startswith("/", self._at):
            return Match(field, self._value())
        match = _REGEX.match(self._text, self._at)
        if match is None:
            self.fail("expected /regular expression/ or /…/i", self._at)
        self._at = match.end()
        return Match(field, match[1], regex=True, ignore_case=bool(match[2]))

    def _value(self) -> str:
        if self._text[self._at : self._at + 1] in ('"', "'"):
            return self._quoted()
        start = end = self._at
        open_ = 0
        for piece in _PIECE.finditer(self._text, start):
            word = piece[0]
            if word.isspace():
                continue
            if word == ")" and not open_:
                break
            open_ += (word == "(") - (word == ")")
            if not open_ and _KEYWORD.fullmatch(word) and word.lower() in ("and", "or"):
                if end == start:
                    self.fail("expected a value; a value that is a keyword needs quotes", start)
                break
            operator = _OPERATOR.search(word)
            if operator is not None and (end > start or not operator.start()):
                self.fail("expected and, or, or the end; a value with spaces and operators needs quotes", piece.start() + operator.start())
            end = piece.end()
        if open_:
            self.fail("the value has an open parenthesis; close it, or quote the value", start)
        if end == start and end < len(self._text):
            self.fail("expected a value", start)
        self._at = end
        return self._text[start:end]
