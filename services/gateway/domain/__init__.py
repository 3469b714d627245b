"""Rules of the public face without I/O: `sessions`, `limits`, `origins`, and the `ports` they need."""
