"""Picks the engine. The reference engine runs the construct schemas themselves."""

from __future__ import annotations

from .reference import check, decode, decode_frame, encode, encode_frame

__all__ = ["check", "decode", "decode_frame", "encode", "encode_frame", "engine"]


def engine() -> str:
    """The name of the engine that runs: ``reference``."""
    return "reference"
