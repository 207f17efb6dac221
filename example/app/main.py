"""The routes. `/` is for people, `/health` is for the health check in compose.yaml."""

import logging
import os
import platform
from importlib.metadata import version

from flask import Flask

app = Flask(__name__)

# The health check asks every two seconds; without this filter nothing else could be read in the log.
logging.getLogger("werkzeug").addFilter(lambda record: "GET /health " not in record.getMessage())


@app.get("/")
def index() -> dict[str, str]:
    """Say which stage of the Dockerfile answers, and with what."""
    return {
        "message": "hello from the example service",
        "stage": os.environ.get("APP_STAGE", "none"),
        "python": platform.python_version(),
        "flask": version("flask"),
    }


@app.get("/numbers")
def numbers() -> dict[str, float]:
    """Say what pandas says of the numbers from 1 to 100."""
    # Here and not above: it takes its time to load, and the other routes need none of it.
    import pandas

    return pandas.Series(range(1, 101)).describe().to_dict()


@app.get("/health")
def health() -> dict[str, str]:
    """Answer as soon as requests are served. A real service would ask its database here."""
    return {"status": "ok"}
