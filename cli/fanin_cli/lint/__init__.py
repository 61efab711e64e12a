"""Lint: what the state machines behind a join leave undone when their executions end, read out of their definitions."""
