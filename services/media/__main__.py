"""`python -m services.media` runs the control process; `python -m services.media 0` runs worker 0."""

import sys

from giaoban import config, lifecycle
from services.media import app, worker

if __name__ == "__main__":
    settings = config.load(role="media")
    lifecycle.run(worker.running(settings, int(sys.argv[1])) if len(sys.argv) > 1 else app.running(settings))
