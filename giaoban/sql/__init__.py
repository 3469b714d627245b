"""Stores: `engine` opens them encrypted, `migrate` brings them up to date, `outbox` hands their facts to streams."""
