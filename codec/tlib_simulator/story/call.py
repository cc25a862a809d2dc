"""A call of a story: a state machine whose every move is an event of the specification.

Strategy: a call holds its state as fields of EventCallCreated. A move changes the state, and the event holds the
fields that really changed. So a change reports no unchanged field, and nothing follows the end. Agents (who ring,
talk, wrap up) cost time but no event: call-based events report calls only.
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

_DELETED = KVList()  # empty user data are deleted; absent user data are unchanged
_FINAL_STATE = {
    TCause.Transfer: TCallState.Transferred,
    TCause.SingleStepTransfer: TCallState.Transferred,
    TCause.Conference: TCallState.Conferenced,
}


class Call:
    """A call at one site, made by a `Story`. Its ``with`` block creates the call and, at the end, deletes it.

    `data` is its user data, `agent` the DN of its latest agent, `main` the call that a consultation belongs to.
    """

    __slots__ = ("_held", "_ringing", "agent", "call_type", "conn_id", "data", "ended", "main", "site", "started", "state", "story", "uuid")

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
        self.story: Story = story
        self.site: Switch = site
        self.call_type: TCallType = call_type
        self.agent: str | None = agent
        self.main: Call | None = main
        uuid, conn_id, call_id = site.identifiers.draw()
        self.uuid: str = uuid
        self.conn_id: str = conn_id
        self.state: dict[str, Any] = {"call_uuid": self.uuid, "conn_id": self.conn_id, "call_type": call_type, "call_id": call_id, **fields}
        self.data: dict[str, Any] = {}
        if "user_data" in fields:
            self.state["user_data"] = data = KVList(fields["user_data"])
            self.data.update(iter(data))
        self.started: bool = False
        self.ended: bool = False
        self._ringing = False
        self._held: list[str] = []  # agents who are free again after the call

    # -- beginning and end -----------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.started = True
        self.story.schedule(self.site, EventCallCreated(**self.state), self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if kind is not None and kind is not Unanswered:
            return False
        if not self.ended:
            cause = TCause.NoAnswer if kind is not None and self.main is not None else None
            self.release(by=self._random_party(), cause=cause)
        return kind is not None

    def _random_party(self) -> str | None:
        """Return the agent or the other party."""
        state = self.state
        other: str | None = state.get("ani") or state.get("dialed_number")
        return self.agent if self.agent is not None and self.story.dice.chance(0.5) else other

    def release(self, *, by: str | None = None, cause: TCause | None = None, into: Call | None = None) -> None:
        """End the call; `by` is the releasing party, `into` the call that continues it.

        Raises ValueError for a call that has ended, and for `into` with a cause other than a transfer or conference.
        """
        if self.ended or not self.started:
            self._refuse()
        if into is not None and cause not in MERGING_CAUSES:
            raise ValueError(f"another call continues this one with the cause {' or '.join(one.name for one in MERGING_CAUSES)} only")
        self.ended = True
        event = EventCallDeleted(
            call_uuid=self.uuid,
            conn_id=self.conn_id,
            cause=cause,
            ref_call_uuid=None if into is None else into.uuid,
            ref_conn_id=None if into is None else into.conn_id,
            ctrl_party=by,
        )
        self.story.schedule(self.site, event, self)
        self._return_agents()
        if self.story.released:
            self._schedule_released(cause, into)

    def _schedule_released(self, cause: TCause | None, into: Call | None) -> None:
        """Schedule EventReleased on the abstract DN."""
        story = self.story
        fields = {name: self.state[name] for name in EventReleased.__struct_fields__ if name in self.state}
        fields["call_state"] = TCallState.Ok if cause is None or into is None else _FINAL_STATE[cause]
        if into is not None:
            fields["ref_conn_id"] = into.conn_id
        if self.main is not None:
            fields["previous_conn_id"] = self.main.conn_id
        event = EventReleased(reliability=TReliability.Ok, server=0, this_dn=self.site.abstract_dn, time=timestamp(story.now), **fields)
        story.schedule(self.site, event)

    def change(self, *, by: str | None = None, **fields: Any) -> None:
        """Change fields of EventCallDataChanged; without a real change there is no event.

        Raises ValueError for a call that has ended.
        """
        if self.ended or not self.started:
            self._refuse()
        state = self.state
        changes: dict[str, Any] = {"call_uuid": self.uuid, "conn_id": self.conn_id}
        for name, value in fields.items():
            before = state.get(name)
            if before is not value and (before is None or before != value):
                state[name] = changes[name] = value
        if len(changes) == 2:
            return
        if by is not None:
            changes["ctrl_party"] = by
        self.story.schedule(self.site, EventCallDataChanged(**changes), self)

    def _refuse(self) -> NoReturn:
        if not self.started:
            raise ValueError(f"the call {self.uuid} has not begun: use it in a with block")
        raise ValueError(f"the call {self.uuid} has ended: it takes no more changes")

    # -- time and agents -------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises ValueError as `Story.wait` does."""
        self.story.wait(seconds)

    def ring(self, agent: str | None = None) -> None:
        """Ring an agent: the named one, or the one who is free first.

        Raises Unanswered if no agent becomes free before the caller's patience ends.
        """
        if self.ended or not self.started:
            self._refuse()
        story = self.story
        if agent is None:
            free_at, agent = self.site.take_agent()
            wait = free_at - story.now
            if wait > 0:
                patience = story.draw(story.durations.patience)
                if wait > patience:
                    self.site.return_agent(free_at, agent)
                    story.now += patience
                    raise Unanswered
                story.now = free_at
            self._held.append(agent)
        self.agent = agent
        self._ringing = True

    def answer(self, agent: str | None = None) -> str:
        """Let the ringing agent answer, after `ring` if none rings; return the agent's DN."""
        if agent is not None or not self._ringing:
            self.ring(agent)
        self._ringing = False
        story = self.story
        story.now += story.draw(story.durations.ring)
        assert self.agent is not None
        return self.agent

    def hold(self, agent: str) -> None:
        """Keep an agent, taken from the free ones, until the call ends."""
        self._held.append(agent)
        self.agent = agent

    def _return_agents(self) -> None:
        """Free the agents, after their wrap-up time."""
        story = self.story
        for agent in self._held:
            self.site.return_agent(story.now + story.draw(story.durations.wrap_up), agent)
        self._held = []

    def talk(self, seconds: float | None = None) -> None:
        """Let time pass: the given seconds, or a random talk duration. Raises ValueError as `Story.wait` does."""
        story = self.story
        if seconds is None:
            story.now += story.draw(story.durations.talk)
        else:
            story.wait(seconds)

    # -- attached data ---------------------------------------------------------------------------

    def attach(self, data: KVList | Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, *, by: str | None = None, **pairs: Any) -> None:
        """Add pairs to the user data; a pair replaces those of the same key."""
        self.data.update(iter(data if isinstance(data, KVList) else KVList(data)))
        if pairs:
            self.data.update(iter(KVList(pairs)))
        self._change_data(by)

    def detach(self, *keys: str, by: str | None = None) -> None:
        """Delete pairs of the user data by key; without a key, all of them."""
        for key in keys or tuple(self.data):
            self.data.pop(key, None)
        self._change_data(by)

    def _change_data(self, by: str | None) -> None:
        if self.data:
            self.change(by=by, user_data=KVList.of_flat(tuple(chain.from_iterable(self.data.items()))))
        elif "user_data" in self.state:
            self.change(by=by, user_data=_DELETED)
            del self.state["user_data"]

    # -- other calls -----------------------------------------------------------------------------

    def consult(self) -> Call:
        """Return a consultation: a second call from the agent to a colleague, beside this one."""
        fields = _fields(self, "customer_id")
        if self.agent is not None:
            fields["ani"] = self.agent
        return Call(self.story, self.site, TCallType.Consult, {"orig_call_uuid": self.uuid, **fields}, main=self)

    def complete_transfer(self) -> None:
        """End this consultation; the colleague takes over the main call. Raises ValueError if this is no consultation."""
        main = self._join(TCause.Transfer, leaves=True)
        # the switch keeps the leg that reaches the colleague, and its number
        main.change(call_id=self.state["call_id"], by=main.agent)

    def complete_conference(self) -> None:
        """End this consultation; the colleague joins the main call. Raises ValueError if this is no consultation."""
        self._join(TCause.Conference, leaves=False)

    def _join(self, cause: TCause, *, leaves: bool) -> Call:
        main = self.main
        if main is None:
            raise ValueError(f"the call {self.uuid} is no consultation: merge it instead")
        party, held = main.agent, self._held
        self._held = []
        self.release(by=party, cause=cause, into=main)
        if leaves:
            main._return_agents()  # noqa: SLF001 another call, the same class
        main._held += held  # noqa: SLF001
        main.agent = self.agent
        return main

    def transfer(self, to: str | None = None, *, talk: float | None = None) -> None:
        """Transfer in two steps: consult a colleague (the named one, or a free one), who then takes over."""
        self._consult(to, talk, Call.complete_transfer)

    def conference(self, to: str | None = None, *, talk: float | None = None) -> None:
        """Consult a colleague (the named one, or a free one), who then joins."""
        self._consult(to, talk, Call.complete_conference)

    def _consult(self, to: str | None, talk: float | None, complete: Callable[[Call], None]) -> None:
        with self.consult() as second:
            second.answer(to)
            second.talk(self.story.draw(self.story.durations.consult) if talk is None else talk)
            complete(second)

    def single_step_transfer(self) -> Call:
        """Return the call that continues this one without a consultation; its creation ends this one."""
        return _Successor(self)

    def merge(self, other: Call, cause: TCause = TCause.Conference) -> None:
        """End another call; its parties join this one."""
        self._held += other._held
        other._held = []
        other.release(by=self.agent, cause=cause, into=self)

    def renumber(self, conn_id: str | None = None) -> None:
        """Give the call another ConnID: the given one, or a new one."""
        self.conn_id = self.site.identifiers.draw()[1] if conn_id is None else conn_id
        self.change(conn_id=self.conn_id)

    def route_to(self, site: Switch) -> Call:
        """Return the leg of this call at another site: a call of its own; each is in the other's ISLinkList."""
        return _Leg(self, site)


class _Successor(Call):
    """The call that continues another one after a single-step transfer."""

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
    """A call's leg at another site: first a call from a trunk, then matched, with the ConnID of the first site."""

    __slots__ = ("_origin",)

    def __init__(self, origin: Call, site: Switch) -> None:
        super().__init__(origin.story, site, TCallType.Inbound, _fields(origin, *_OF_THE_CALLER))
        self._origin = origin

    def __enter__(self) -> Self:
        super().__enter__()
        origin = self._origin
        self.story.now += _MATCHING
        origin.change(is_link_list=_link_list(self))
        self.data = dict(origin.data)
        self.conn_id = origin.conn_id
        data = {"user_data": origin.state["user_data"]} if self.data else {}
        self.change(conn_id=self.conn_id, is_link_list=_link_list(origin), **data)
        return self


_OF_THE_CALLER = ("ani", "dnis", "customer_id", "network_call_id", "network_node_id")
_IDENTIFIERS = frozenset({"call_uuid", "conn_id", "call_type", "call_id"})
_MATCHING = 0.35  # seconds until the sites match the two calls


def _fields(call: Call, *names: str) -> dict[str, Any]:
    """Return the named fields that the call has."""
    return {name: call.state[name] for name in names if name in call.state}


def _link_list(call: Call) -> KVList:
    """Return the ISLinkList entry of a call at another site. The keys are this project's own: no source names them."""
    return KVList([(call.site.name, KVList([("location", call.site.name), ("call-uuid", call.uuid)]))])


def timestamp(time: float) -> Timestamp:
    """Return seconds since 1970 as a Timestamp, to the microsecond."""
    seconds, microseconds = divmod(round(time * 1_000_000), 1_000_000)
    return Timestamp(seconds=seconds, microseconds=microseconds)
