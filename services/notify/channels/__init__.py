"""Ways to hand a message over: `smtp` to a mail server, `folder` into files while there is none."""
