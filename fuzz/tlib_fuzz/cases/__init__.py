"""Frames of every kind, each with the answer of a correct parser.

Strategy: a `walker` builds a valid frame as a `tree`; an entry of the `catalogue` (`defects`, `edge_cases`) changes one
place in it; `generate` says which answer is correct. A `chooser` makes every choice, so a seed, a fuzzer's bytes or
Hypothesis can drive the same code.
"""

from .generate import VALID, Case, cases, expectation

__all__ = ["VALID", "Case", "cases", "expectation"]
