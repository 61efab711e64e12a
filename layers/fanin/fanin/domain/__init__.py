"""Pure decisions: completions, arrivals, plans, runs, releases. Standard library only; no clock, no environment, no I/O."""
