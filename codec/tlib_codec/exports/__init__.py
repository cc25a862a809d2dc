"""Exports of the registry for other tools."""
