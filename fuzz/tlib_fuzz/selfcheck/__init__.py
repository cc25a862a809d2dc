"""The project's own engines under test: `invariants` of any bytes, and the programs that attack them.

Run ``python -m tlib_fuzz.selfcheck CHECK``.
"""
