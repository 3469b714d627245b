"""Facts between services, on Redis streams: at least once on the wire, exactly once in effect with a ledger."""
