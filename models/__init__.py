"""The protocol as models for Spin, and what `make model` checks of them: that they hold, and that each mutant of them does not."""
