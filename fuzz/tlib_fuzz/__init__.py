"""How to break a codec: strategies, mutators and the kit for parsers in any language."""
