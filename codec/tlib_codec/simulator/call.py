"""A call as a story tells of it: a state machine whose every move is an event of the specification.

Strategy: the call knows its state as EventCallCreated has it. A move changes the state, and what
it really changed is the event: so "only what changed" holds by construction, and an event after
the end cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tlib_schemas.abstract_dn_events import EventReleased
from tlib_schemas.attributes import Timestamp
from tlib_schemas.call_events import EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import TCallState, TCallType, TCause, TReliability
from tlib_schemas.values import KVList

from .switch import Switch

if TYPE_CHECKING:
    from .story import Story

_NOTHING = KVList()
_STATE = {
    TCause.Transfer: TCallState.Transferred,
    TCause.SingleStepTransfer: TCallState.Transferred,
    TCause.Conference: TCallState.Conferenced,
}


class Unanswered(Exception):
    """Nobody was free in time. The innermost call that waits ends; its story goes on behind its ``with``."""


class Call:
    """A call at one site. Made by a `Story`; created on entering the ``with`` block, deleted on leaving it.

    `agents` are the DNs of the agents on it; `data` is its user data.
    """

    __slots__ = ("agents", "call_id", "call_type", "conn_id", "data", "ended", "main", "site", "state", "story", "uuid")

    def __init__(self, story: Story, site: Switch, call_type: TCallType, fields: dict[str, Any], main: Call | None = None) -> None:
        self.story = story
        self.site = site
        self.call_type = call_type
        self.main = main
        self.uuid, self.conn_id, self.call_id = site.identifiers.draw()
        self.state = fields
        self.data: dict[str, Any] = dict(fields.get("user_data", ()))
        self.agents: list[str] = []
        self.ended = False

    # -- life ------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        story = self.story
        self.state = {"call_uuid": self.uuid, "conn_id": self.conn_id, "call_type": self.call_type, "call_id": self.call_id, **self.state}
        story.steps.append((story.now, self.site, EventCallCreated, self, self.state.copy()))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if kind is not None and kind is not Unanswered:
            return False
        if not self.ended:
            self.release(cause=None if kind is None else TCause.NoAnswer if self.main else None)
        return kind is not None

    def release(self, *, by: str | None = None, cause: TCause | None = None, into: Call | None = None) -> None:
        """The call ends; `into` is the call in which it goes on, `by` the party that ended it."""
        if self.ended:
            raise ValueError("the call has ended")
        self.ended = True
        story = self.story
        fields: dict[str, Any] = {"call_uuid": self.uuid, "conn_id": self.conn_id}
        if cause is not None:
            fields["cause"] = cause
        if into is not None:
            fields["ref_call_uuid"] = into.uuid
            fields["ref_conn_id"] = into.conn_id
        if by is not None:
            fields["ctrl_party"] = by
        story.steps.append((story.now, self.site, EventCallDeleted, self, fields))
        for agent in self.agents:
            self.site.give_agent(story.now + story.draw(story.clocks.wrap_up), agent)
        self.agents = []
        if story.released:
            self._released(cause, into)

    def _released(self, cause: TCause | None, into: Call | None) -> None:
        story = self.story
        fields = {name: self.state[name] for name in EventReleased.__struct_fields__ if name in self.state}
        fields["call_state"] = TCallState.Ok if into is None or cause is None else _STATE.get(cause, TCallState.Ok)
        if into is not None:
            fields["ref_conn_id"] = into.conn_id
        if self.call_type == TCallType.Consult and self.main is not None:
            fields["previous_conn_id"] = self.main.conn_id
        fields |= {"reliability": TReliability.Ok, "server": 0, "this_dn": self.site.abstract_dn, "time": timestamp(story.now)}
        story.steps.append((story.now, self.site, EventReleased, None, fields))

    def change(self, *, by: str | None = None, **fields: Any) -> None:
        """Properties change, by EventCallDataChanged's names; nothing is told where all are as they were."""
        if self.ended:
            raise ValueError("the call has ended")
        state = self.state
        fields = {name: value for name, value in fields.items() if state.get(name) != value}
        if not fields:
            return
        state |= fields
        told = {"call_uuid": self.uuid, "conn_id": self.conn_id, **fields}
        if by is not None:
            told["ctrl_party"] = by
        story = self.story
        story.steps.append((story.now, self.site, EventCallDataChanged, self, told))

    # -- time and people -------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.story.now += seconds

    def answer(self, agent: str | None = None) -> str:
        """Ring an agent until he answers: the one named, or the one who is free first.

        Raises Unanswered where all are busy for longer than the caller's patience.
        """
        story = self.story
        if agent is None:
            free_at, agent = self.site.take_agent()
            if free_at > story.now:
                patience = story.draw(story.clocks.patience)
                if free_at - story.now > patience:
                    self.site.give_agent(free_at, agent)
                    story.now += patience
                    raise Unanswered
                story.now = free_at
            self.agents.append(agent)
        story.now += story.draw(story.clocks.ring)
        return agent

    def talk(self, seconds: float | None = None) -> None:
        """Talk, for as long as people do."""
        story = self.story
        story.now += story.draw(story.clocks.talk) if seconds is None else seconds

    @property
    def agent(self) -> str | None:
        """The DN of the agent who came last, if any is on the call."""
        return self.agents[-1] if self.agents else None

    # -- attached data ---------------------------------------------------------------------------

    def attach(self, data: KVList | Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, *, by: str | None = None, **pairs: Any) -> None:
        """Add pairs to the user data, or replace those of the same keys."""
        self.data.update(KVList(data))
        if pairs:
            self.data.update(KVList(pairs))
        self._data_changed(by)

    def detach(self, *keys: str, by: str | None = None) -> None:
        """Delete pairs of the user data, all of them where no key is given."""
        for key in keys or tuple(self.data):
            self.data.pop(key, None)
        self._data_changed(by)

    def _data_changed(self, by: str | None) -> None:
        if self.data or self.state.get("user_data"):
            self.change(by=by, user_data=KVList.of_flat(tuple(part for pair in self.data.items() for part in pair)))

    # -- other calls -----------------------------------------------------------------------------

    def consult(self) -> Call:
        """The agent asks a colleague, in a call of its own."""
        return Call(
            self.story, self.site, TCallType.Consult, {"orig_call_uuid": self.uuid, "customer_id": self.state.get("customer_id")}, self
        )


def timestamp(time: float) -> Timestamp:
    """A time in seconds since 1970, to the microsecond."""
    seconds, microseconds = divmod(round(time * 1_000_000), 1_000_000)
    return Timestamp(seconds=seconds, microseconds=microseconds)
