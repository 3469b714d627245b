"""Sessions and counters in Redis; the only place with their key names."""
