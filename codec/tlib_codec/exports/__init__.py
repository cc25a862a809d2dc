"""The protocol for other tools: what the registry says, in the languages they read."""
