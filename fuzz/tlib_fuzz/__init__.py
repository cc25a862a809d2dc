"""Tests for parsers: cases, Hypothesis strategies, mutations, and the kit for parsers in any language."""
