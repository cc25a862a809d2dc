"""The origins of bytes that packets bring."""

from __future__ import annotations

from tlib_codec.records import Flow, Origin


def packet_origin(file: str, packet: int, time: int | None, offset: int, flow: Flow | None = None) -> Origin:
    """Return the origin of bytes that a packet completes; `offset` is that of the flow's stream, without a flow that of the file."""
    if flow is None:
        return Origin(file=file, packet=packet, time=time, offset=offset)
    return Origin(
        file=file,
        packet=packet,
        time=time,
        offset=offset,
        src=flow.src,
        dst=flow.dst,
        connection=flow.connection,
        direction=flow.direction,
    )
