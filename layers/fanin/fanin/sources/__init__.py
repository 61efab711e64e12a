"""Completions out of EventBridge events: a table of kinds, and the envelope they share. Pure; caps before parsing."""
