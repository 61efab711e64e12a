"""What people build instead, on the same metered table: each design as it is usually written, with its faults."""
