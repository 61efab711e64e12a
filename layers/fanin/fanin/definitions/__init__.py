"""The join language: documents in, plans out.

What compiles (`compiler` and what it imports) needs pydantic, and reading files needs PyYAML; `keying` and `plan_document`, which the
collector imports for every completion, need neither.
"""
