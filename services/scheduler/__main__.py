"""`python -m services.scheduler` runs the scheduler alone."""

from giaoban import config, lifecycle
from services.scheduler import app

if __name__ == "__main__":
    lifecycle.run(app.running(config.load(role="scheduler")))
