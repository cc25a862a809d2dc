"""One message of a log while its lines come in: attributes by id, open quotes, open lists.

Strategy: the part that both kinds of log share stands here; a kind says how its lines are cut into name
and value (`take`), and which line ends a quoted value that was never closed (`stops`). A wrong line
becomes a diagnostic of the message, and the next line is read as usual.

A line of another thread may stand between two lines of a message, so the message is kept until a line decides. Its own attribute
or pair makes the line before a stray one. An empty line, a header, a line that names a message, and an attribute that the
message has already, end it.

The memory that is held is bounded: by `LogLimits.message` for the text, by the format's own limits for lists.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from tlib_codec.records import Diagnostic, Entry, Origin, Record
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.errors import quote
from tlib_schemas.events import UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.registry import Item
from tlib_schemas.values import Attributes

from .context import Context
from .lines import Line
from .lists import ListBuilder, ListHead
from .problems import SHOWN, again, stray, unreadable
from .values import Known, Unreadable, raw_list, raw_text, whole, whole_bytes, wrap

_REMARK = re.compile(r"\s*\((.*)\)\s*", re.DOTALL)
_STRAYS = 32  # lines of others in a row that a message goes on after


class Header(msgspec.Struct, kw_only=True):
    """The line that opens a message. `certain` is False where only attributes after it prove it one."""

    line: int
    offset: int
    name: str
    number: int | None = None
    time: dt.datetime | dt.time | None = None
    certain: bool = True
    direction: str = ""
    peer: str = ""
    server: int | None = None
    version: str = ""
    carriage_returns: bool = False
    bare_names: bool = False  # attributes stand without the word Attribute


class Message:
    """A message being read. `take` it line by line; `finish` gives its record."""

    quote: str
    foreign: re.Pattern[str]
    """Found in a line that names a message or the way of one: it stands inside no other message."""

    def __init__(self, context: Context, header: Header) -> None:
        self.context: Context = context
        self.header: Header = header
        self.exact: dict[str, Known] = context.names.exact
        self.values: dict[int, object] = {}
        self.unnumbered: dict[str, str] = {}
        self.problems: list[Diagnostic] = []
        self.text: str = ""
        self.full: bool = False
        self.certain: bool = header.certain
        self.at: Line = (header.line, header.offset, "")  # the current line
        self.remaining: int = context.limits.message
        self._more = 0  # problems beyond the limit
        # the value that is going on: a list, or an attribute whose further lines are kept as text, or dropped
        self.list: ListBuilder | None = None
        self._listed: tuple[Known, Line] | None = None
        self._aside: str | None = None
        self._dropping = False
        self.going_on: bool = False  # any of these
        # the quoted value that is going on: its lines so far, and the attribute or key it is of
        self.held: list[str] | None = None
        self._sink: Known | str = ""
        self._strays: list[Line] = []  # lines since the last one of this message

    # -- the part that a kind of log implements -----------------------------------------------------------

    def read(self, line: str) -> bool:
        """Read a line that is not of an open quoted value; False where it is not of this message."""
        raise NotImplementedError

    def stops(self, line: str) -> bool:
        """Return whether `line` cannot continue a quoted value."""
        raise NotImplementedError

    def list_head(self, text: str) -> ListHead | None:
        """Return the beginning of a list in `text`; None where it begins none."""
        raise NotImplementedError

    def pair(self, line: str) -> tuple[str, str | None, str] | None:
        """Return key and printed value of a pair; for a list, key, None and the rest of the line. None where it is no pair."""
        raise NotImplementedError

    def attribute_name(self, line: str) -> str | None:
        """Return the printed name of the attribute that `line` begins with; None where it is no attribute's."""
        raise NotImplementedError

    # -- lines -----------------------------------------------------------------------------------

    def take(self, entry: Line) -> bool:
        """Take the next line; False where it is not of this message. Then `suspend` says whether the message may go on after it."""
        line = entry[2]
        if self._strays and not self._resume(line):
            return False
        self.at = entry
        self.remaining -= len(line) + 1
        if self.remaining < 0:
            self.problem("log-message-too-long", f"at most {self.context.limits.message} characters", "more")
            self.full = True
            return False
        return (self.held is not None and self._continue(line)) or self.read(line)

    def suspend(self, entry: Line) -> bool:
        """Return whether the message may go on after a line that is no header and not of this message."""
        number, offset, line = entry
        if self.full or not self.certain or len(self._strays) >= _STRAYS or not line or line.isspace():
            return False
        if self.foreign.search(line) or self.attribute_name(line) is not None:
            return False
        self._strays.append((number, offset, line[:SHOWN]))
        return True

    def _resume(self, line: str) -> bool:
        """Return whether `line`, after stray ones, is of this message; report the stray lines then."""
        name = self.attribute_name(line)
        if name is not None:
            known = self.exact.get(name) or self.context.names.find(name)
            if name in self.unnumbered or (known is not None and known.id in self.values):
                return False  # of a message whose header is lost
        elif not self.going_on or line.lstrip()[:1] != "'" or self.pair(line) is None:
            return False
        for one in self._strays:
            self.problem(*stray(one[2]), one)
        self._strays.clear()
        return True

    def problem(self, code: str, expected: str, actual: str, at: Line | None = None) -> None:
        """Note a diagnostic of a line: the current one, unless `at` gives another."""
        line, offset, _ = at or self.at
        self.add(Diagnostic(code, Origin(file=self.context.file, line=line, offset=offset), expected, actual))

    def add(self, problem: Diagnostic) -> None:
        """Keep a problem, up to the limit; beyond it they are counted."""
        if len(self.problems) < self.context.limits.problems:
            self.problems.append(problem)
        else:
            self._more += 1

    def attribute(self, name: str, text: str, indent: int) -> None:
        """Read a line that begins with an attribute's printed name."""
        self.end_value()
        self.certain = True
        known = self.exact.get(name) or self.context.names.find(name)
        if known is None:
            self._keep_aside(name, text)
        elif known.id in self.values:
            self._dropping = self.going_on = True
            self.problem(*again(name))
        elif not text:
            self.problem("log-value", f"a value of {name}", "nothing")
        else:
            try:
                self._value(known, name, text, indent)
            except Unreadable as error:
                self._dropping = self.going_on = True
                self.problem(*unreadable(name, str(error), text))

    def _value(self, known: Known, name: str, text: str, indent: int) -> None:
        if known.kind != "plain":
            if known.kind != "list" and text[0] == self.quote:
                self._open(known, text)
                return
            head = self.list_head(text) if known.kind == "list" or (known.kind == "any" and whole_bytes(text) is None) else None
            if head is not None:
                self.list, self._listed = ListBuilder(indent, head), (known, self.at)
                self.going_on = True
                if head.rest:
                    self.add_pair(head.rest, indent)
                return
            if known.kind == "text":
                raise Unreadable(f"text in {self.quote}")
        self.values[known.id] = known.parse(text)

    def _keep_aside(self, name: str, text: str) -> None:
        if text[:1] == self.quote:
            self._open(name, text)
        else:
            self.unnumbered.setdefault(name, text.rstrip())
            self._aside = name
            self.going_on = True

    def other(self, line: str) -> bool:
        """Read a line that is no attribute's: a pair, a remark, a wrong line, or the end of the message."""
        indent = len(line) - len(line.lstrip())
        if line[indent] == "'" and self._pair_line(line, indent):
            return True
        if not indent or self.stops(line):
            return False
        remark = _REMARK.fullmatch(line)
        if remark is not None and not self.values and not self.text:
            self.text = remark[1]
            self.certain = True
        else:
            self.problem("log-line", "an attribute or a pair", quote(line.strip()))
        return True

    def _pair_line(self, line: str, indent: int) -> bool:
        if self.list is not None:
            self.list.line(indent)
            return self.add_pair(line, indent)
        if self.pair(line) is None:
            return False
        if self._aside is not None:
            self.unnumbered[self._aside] += f"\n{line.strip()}"
        elif not self._dropping:
            self.problem("log-pair", "a pair only after its list's attribute", quote(line.strip()))
        return True

    def add_pair(self, line: str, indent: int) -> bool:
        """Add the pair, or the pairs of lists opened one in the other, that `line` holds."""
        assert self.list is not None
        found = self.pair(line)
        if found is None:
            return False
        while found is not None:
            key, text, rest = found
            if self.list.full:
                self.problem("list-too-many-pairs", f"at most {DEFAULT_LIMITS.list_pairs} pairs", "more")
            elif text is not None:
                self._pair_value(key, text)
            elif not self.list.open(key, indent):
                self.problem("list-too-deep", f"at most {DEFAULT_LIMITS.list_depth} levels", "one more")
            elif rest:
                found = self.pair(rest)
                if found is None:
                    self.problem("log-pair", "a pair", quote(rest.rstrip()))
                continue
            break
        return True

    def _pair_value(self, key: str, text: str) -> None:
        assert self.list is not None
        if text[:1] == self.quote:
            self._open(key, text)
            return
        try:
            self.list.add(key, _pair_value(text))
        except Unreadable as error:
            self.problem("log-filtered", f"{error} for {quote(key)}", quote(text.rstrip()) if text else "nothing")

    # -- quoted values ---------------------------------------------------------------------------

    def _open(self, sink: Known | str, text: str) -> None:
        """Open a quoted value: it is whole where the line ends with a quote, else it goes on."""
        self._sink = sink
        whole_text = text.rstrip()
        if len(whole_text) > 1 and whole_text[-1] == self.quote:
            self._close(whole_text[1:-1])
        else:
            self.held = [self._piece(text[1:])]
            self._opened = self.at

    def _piece(self, line: str) -> str:
        return line.removesuffix("\r") if self.header.carriage_returns else line

    def _continue(self, line: str) -> bool:
        assert self.held is not None
        if self.stops(line):
            self.cut()
            return False
        ended = line.rstrip()
        if ended.endswith(self.quote):
            self.held.append(ended[:-1])
            self._close("\n".join(self.held))
        else:
            self.held.append(self._piece(line))
        return True

    def cut(self) -> None:
        """End a quoted value that has no closing quote: only its first line certainly belongs to it."""
        if self.held is not None:
            first = self.held[0].rstrip()
            self.problem("log-unclosed-quote", f"a closing {self.quote}", quote(first[-32:]), self._opened)
            self._close(first)

    def _close(self, text: str) -> None:
        sink, self.held = self._sink, None
        if isinstance(sink, Known):
            self.values[sink.id] = raw_text(text) if sink.kind == "any" else text
        elif self.list is not None:
            self.list.add(sink, text)
        else:
            self.unnumbered.setdefault(sink, f"{self.quote}{text}{self.quote}")

    # -- ends ------------------------------------------------------------------------------------

    def end_value(self) -> None:
        """End the open list or any other value that further lines could continue."""
        self._aside, self._dropping, self.going_on = None, False, False
        builder, listed = self.list, self._listed
        if builder is None or listed is None:
            return
        self.list = self._listed = None
        known, at = listed
        head = builder.head
        if not builder.size and not head.may_be_empty:
            self.problem("log-filtered", "pairs", "none", at)
            return  # an empty list would say that the data was deleted
        if head.count is not None and builder.own != head.count:
            self.problem("log-filtered", f"a list of {head.count}", str(builder.own), at)
        elif builder.guessed:
            self.problem("log-indentation", "nested pairs deeper than their list", "none deeper", at)
        kv = builder.finish()
        try:
            self.values[known.id] = raw_list(kv) if known.kind == "any" else kv
        except Unreadable as error:
            self.problem("log-value", str(error), "a longer list", at)

    def finish(self) -> list[Entry]:
        """Return the record and its diagnostics; nothing where the header turned out to be none."""
        self.cut()
        self.end_value()
        if not self.certain:
            return []
        file, header = self.context.file, self.header
        if self._more:
            origin = Origin(file=file, line=self.at[0], offset=self.at[1])
            most = f"at most {self.context.limits.problems} problems"
            self.problems.append(Diagnostic("log-more-problems", origin, most, f"{self._more} more"))
        origin = Origin(
            file=file,
            line=header.line,
            offset=header.offset,
            **self.context.clock.stamps(header.time, self.values),
            direction=header.direction,
            peer=header.peer,
            version=header.version,
            text=self.text,
        )
        return [Record(self._item(), origin=origin, unnumbered=self.unnumbered), *self.problems]

    def _item(self) -> Item:
        registry, header = self.context.registry, self.header
        number = registry.messages.get(header.name, header.number)
        if number is None:
            return UnknownEvent(header.name, Attributes((registry.attribute_name(i), self.values[i]) for i in sorted(self.values)))
        server = self.context.server if header.server is None else header.server
        if server is not None and number in self.context.wants_server:
            self.values.setdefault(AttributeID.Server, server)
        return registry.assemble(number, self.values, printed=True)


def _pair_value(text: str) -> int | bytes:
    data = whole_bytes(text)
    if data is not None:
        return data
    try:
        return wrap(whole(text), 32, signed=True)
    except Unreadable:
        raise Unreadable("text, an integer or a list") from None
