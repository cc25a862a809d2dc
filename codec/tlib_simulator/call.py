"""A call as a story tells of it: a state machine whose every move is an event of the specification.

Strategy: a call knows its state as EventCallCreated has it. A move changes the state, and what it
really changed is the event: so "only what changed" holds by construction, and nothing can be told
after the end. People (who rings, who talks) cost time and agents but no event: call-based events
know only calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from tlib_schemas.abstract_dn_events import EventReleased
from tlib_schemas.attributes import Timestamp
from tlib_schemas.call_events import MERGING_CAUSES, EventCallCreated, EventCallDataChanged, EventCallDeleted
from tlib_schemas.enumerations import TCallState, TCallType, TCause, TReliability
from tlib_schemas.values import KVList

from .switch import Switch, Unanswered

if TYPE_CHECKING:
    from .story import Story

_DELETED = KVList()  # empty user data says so; absent ones have not changed
_ENDED_AS = {
    TCause.Transfer: TCallState.Transferred,
    TCause.SingleStepTransfer: TCallState.Transferred,
    TCause.Conference: TCallState.Conferenced,
}


class Call:
    """A call at one site, made by a `Story`: created where its ``with`` block begins, deleted where it ends.

    `data` is its user data, `agent` the DN of the agent who came last, `main` the call that a
    consultation is about.
    """

    __slots__ = ("_booked", "_ringing", "agent", "begun", "call_type", "conn_id", "data", "ended", "main", "site", "state", "story", "uuid")

    def __init__(
        self,
        story: Story,
        site: Switch,
        call_type: TCallType,
        fields: Mapping[str, Any],
        *,
        agent: str | None = None,
        main: Call | None = None,
    ) -> None:
        self.story = story
        self.site = site
        self.call_type = call_type
        self.agent = agent
        self.main = main
        self.uuid, self.conn_id, call_id = site.identifiers.draw()
        self.state = {"call_uuid": self.uuid, "conn_id": self.conn_id, "call_type": call_type, "call_id": call_id, **fields}
        self.data: dict[str, Any] = {}
        if "user_data" in fields:
            self.state["user_data"] = data = KVList(fields["user_data"])
            self.data.update(iter(data))
        self.begun = self.ended = False
        self._ringing = False
        self._booked: list[str] = []

    # -- beginning and end -----------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.begun = True
        self.story.add(self.site, EventCallCreated(**self.state), self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if kind is not None and kind is not Unanswered:
            return False
        if not self.ended:
            cause = TCause.NoAnswer if kind is not None and self.main is not None else None
            self.release(by=self._who_hangs_up(), cause=cause)
        return kind is not None

    def _who_hangs_up(self) -> str | None:
        """The agent or the other end, whichever comes."""
        state = self.state
        other: str | None = state.get("ani") or state.get("dialed_number")
        return self.agent if self.agent is not None and self.story.dice.chance(0.5) else other

    def release(self, *, by: str | None = None, cause: TCause | None = None, into: Call | None = None) -> None:
        """The call ends; `by` is the party that ended it, `into` the call in which it goes on.

        Raises ValueError where it has ended, or where it goes on by another cause than a transfer or conference.
        """
        if self.ended or not self.begun:
            self._refuse()
        if into is not None and cause not in MERGING_CAUSES:
            raise ValueError(f"a call goes on in another one by {' or '.join(one.name for one in MERGING_CAUSES)} only")
        self.ended = True
        event = EventCallDeleted(
            call_uuid=self.uuid,
            conn_id=self.conn_id,
            cause=cause,
            ref_call_uuid=None if into is None else into.uuid,
            ref_conn_id=None if into is None else into.conn_id,
            ctrl_party=by,
        )
        self.story.add(self.site, event, self)
        self._dismiss()
        if self.story.released:
            self._tell_released(cause, into)

    def _tell_released(self, cause: TCause | None, into: Call | None) -> None:
        """The end as the abstract DN has it."""
        story = self.story
        fields = {name: self.state[name] for name in EventReleased.__struct_fields__ if name in self.state}
        fields["call_state"] = TCallState.Ok if cause is None or into is None else _ENDED_AS[cause]
        if into is not None:
            fields["ref_conn_id"] = into.conn_id
        if self.main is not None:
            fields["previous_conn_id"] = self.main.conn_id
        event = EventReleased(reliability=TReliability.Ok, server=0, this_dn=self.site.abstract_dn, time=timestamp(story.now), **fields)
        story.add(self.site, event)

    def _dismiss(self) -> None:
        """The agents go, and are free after their work."""
        story = self.story
        for agent in self._booked:
            self.site.give_agent(story.now + story.draw(story.clocks.wrap_up), agent)
        self._booked = []

    def change(self, *, by: str | None = None, **fields: Any) -> None:
        """Properties change, by EventCallDataChanged's names; nothing is told where all are as they were.

        Raises ValueError where the call has ended.
        """
        if self.ended or not self.begun:
            self._refuse()
        state = self.state
        told: dict[str, Any] = {"call_uuid": self.uuid, "conn_id": self.conn_id}
        for name, value in fields.items():
            before = state.get(name)
            if before is not value and (before is None or before != value):
                state[name] = told[name] = value
        if len(told) == 2:
            return
        if by is not None:
            told["ctrl_party"] = by
        self.story.add(self.site, EventCallDataChanged(**told), self)

    def _refuse(self) -> NoReturn:
        if not self.begun:
            raise ValueError(f"the call {self.uuid} has not begun: use it in a with block")
        raise ValueError(f"the call {self.uuid} has ended: nothing more happens to it")

    # -- time and people -------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises ValueError as `Story.wait` does."""
        self.story.wait(seconds)

    def ring(self, agent: str | None = None) -> None:
        """An agent's phone rings: of the one named, or the one who is free first.

        Raises Unanswered where all are busy for longer than the patience lasts.
        """
        if self.ended or not self.begun:
            self._refuse()
        story = self.story
        if agent is None:
            free_at, agent = self.site.take_agent()
            wait = free_at - story.now
            if wait > 0:
                patience = story.draw(story.clocks.patience)
                if wait > patience:
                    self.site.give_agent(free_at, agent)
                    story.now += patience
                    raise Unanswered
                story.now = free_at
            self._booked.append(agent)
        self.agent = agent
        self._ringing = True

    def answer(self, agent: str | None = None) -> None:
        """The agent answers: the one whose phone rings, or else `ring` comes first."""
        if agent is not None or not self._ringing:
            self.ring(agent)
        self._ringing = False
        story = self.story
        story.now += story.draw(story.clocks.ring)

    def book(self, agent: str) -> None:
        """An agent who was taken from the free ones is on this call, and is free again after it."""
        self._booked.append(agent)
        self.agent = agent

    def talk(self, seconds: float | None = None) -> None:
        """Talk, so long or for as long as people do. Raises ValueError as `Story.wait` does."""
        story = self.story
        if seconds is None:
            story.now += story.draw(story.clocks.talk)
        else:
            story.wait(seconds)

    # -- attached data ---------------------------------------------------------------------------

    def attach(self, data: KVList | Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, *, by: str | None = None, **pairs: Any) -> None:
        """Add pairs to the user data, or replace those of the same keys."""
        self.data.update(iter(data if isinstance(data, KVList) else KVList(data)))
        if pairs:
            self.data.update(iter(KVList(pairs)))
        self._tell_data(by)

    def detach(self, *keys: str, by: str | None = None) -> None:
        """Delete pairs of the user data, all of them where no key is given."""
        for key in keys or tuple(self.data):
            self.data.pop(key, None)
        self._tell_data(by)

    def _tell_data(self, by: str | None) -> None:
        if self.data:
            self.change(by=by, user_data=KVList.of_flat(tuple(chain.from_iterable(self.data.items()))))
        elif "user_data" in self.state:
            self.change(by=by, user_data=_DELETED)
            del self.state["user_data"]

    # -- other calls -----------------------------------------------------------------------------

    def consult(self) -> Call:
        """The agent asks a colleague, in a call of its own that lives beside this one."""
        fields = _of(self, "customer_id")
        if self.agent is not None:
            fields["ani"] = self.agent
        return Call(self.story, self.site, TCallType.Consult, {"orig_call_uuid": self.uuid, **fields}, main=self)

    def complete_transfer(self) -> None:
        """The consultation ends, and the colleague takes over the main call. Raises ValueError where this is none."""
        main = self._join(TCause.Transfer, leaves=True)
        # the switch keeps the leg that reaches the colleague, and its number
        main.change(call_id=self.state["call_id"], by=main.agent)

    def complete_conference(self) -> None:
        """The consultation ends, and the colleague joins the main call. Raises ValueError where this is none."""
        self._join(TCause.Conference, leaves=False)

    def _join(self, cause: TCause, *, leaves: bool) -> Call:
        main = self.main
        if main is None:
            raise ValueError(f"the call {self.uuid} is no consultation: merge it instead")
        party, booked = main.agent, self._booked
        self._booked = []
        self.release(by=party, cause=cause, into=main)
        if leaves:
            main._dismiss()  # noqa: SLF001 another call, the same class
        main._booked += booked  # noqa: SLF001
        main.agent = self.agent
        return main

    def transfer(self, to: str | None = None, *, talk: float | None = None) -> None:
        """A two-step transfer: a consultation, and the colleague (the one named, or one who is free) takes over."""
        self._ask(to, talk, Call.complete_transfer)

    def conference(self, to: str | None = None, *, talk: float | None = None) -> None:
        """A consultation, and the colleague joins in."""
        self._ask(to, talk, Call.complete_conference)

    def _ask(self, to: str | None, talk: float | None, complete: Callable[[Call], None]) -> None:
        with self.consult() as second:
            second.answer(to)
            second.talk(self.story.draw(self.story.clocks.consult) if talk is None else talk)
            complete(second)

    def single_step_transfer(self) -> Call:
        """The agent sends the caller on without asking. This call ends when the one that is given is created."""
        return _Successor(self)

    def merge(self, other: Call, cause: TCause = TCause.Conference) -> None:
        """Another call ends, and its parties join this one."""
        self._booked += other._booked
        other._booked = []
        other.release(by=self.agent, cause=cause, into=self)

    def renumber(self, conn_id: str | None = None) -> None:
        """T-Server gives the call another ConnID: the one named, or a new one."""
        self.conn_id = self.site.identifiers.draw()[1] if conn_id is None else conn_id
        self.change(conn_id=self.conn_id)

    def extend(self, site: Switch) -> Call:
        """The call reaches another site, where it is a call of its own; each names the other as its link."""
        return _Leg(self, site)


class _Successor(Call):
    """What a call becomes by a single-step transfer."""

    __slots__ = ("_before",)

    def __init__(self, before: Call) -> None:
        kept = {name: value for name, value in before.state.items() if name not in _IDENTIFIERS}
        super().__init__(before.story, before.site, before.call_type, kept)
        self._before = before

    def __enter__(self) -> Self:
        super().__enter__()
        self._before.release(by=self._before.agent, cause=TCause.SingleStepTransfer, into=self)
        return self


class _Leg(Call):
    """What a call is at another site: first a call from a trunk, then recognised, under the ConnID of the first site."""

    __slots__ = ("_origin",)

    def __init__(self, origin: Call, site: Switch) -> None:
        super().__init__(origin.story, site, TCallType.Inbound, _of(origin, *_OF_THE_CALLER))
        self._origin = origin

    def __enter__(self) -> Self:
        super().__enter__()
        origin = self._origin
        self.story.now += _MATCHING
        origin.change(is_link_list=link(self))
        self.data = dict(origin.data)
        self.conn_id = origin.conn_id
        data = {"user_data": origin.state["user_data"]} if self.data else {}
        self.change(conn_id=self.conn_id, is_link_list=link(origin), **data)
        return self


_OF_THE_CALLER = ("ani", "dnis", "customer_id", "network_call_id", "network_node_id")
_IDENTIFIERS = frozenset({"call_uuid", "conn_id", "call_type", "call_id"})
_MATCHING = 0.35  # seconds until the sites have found that the calls belong together


def _of(call: Call, *names: str) -> dict[str, Any]:
    """Those of the call's properties that are known."""
    return {name: call.state[name] for name in names if name in call.state}


def link(call: Call) -> KVList:
    """A call at one site as the other site's list of links has it (the keys are this project's own: no source names them)."""
    return KVList([(call.site.name, KVList([("location", call.site.name), ("call-uuid", call.uuid)]))])


def timestamp(time: float) -> Timestamp:
    """A time in seconds since 1970, to the microsecond."""
    seconds, microseconds = divmod(round(time * 1_000_000), 1_000_000)
    return Timestamp(seconds=seconds, microseconds=microseconds)
