"""`python -m services.gateway` runs the gateway alone."""

from giaoban import config, lifecycle
from services.gateway import app

if __name__ == "__main__":
    lifecycle.run(app.running(config.load(role="gateway")))
