"""Scenarios: what would happen, in virtual time. The real use cases over the in-memory adapters, and expectations of what they release."""
