"""`python -m services.notify` runs the notify service alone."""

from giaoban import config, lifecycle
from services.notify import app

if __name__ == "__main__":
    lifecycle.run(app.running(config.load(role="notify")))
