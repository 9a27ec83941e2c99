"""The package's logger: quiet by default, on standard error, steered by ``settings.verbosity``."""

import logging

logger = logging.getLogger("scgsfm")


def set_verbosity(level: int) -> None:
    """Show warnings (0), also progress and summaries (1), also details (2)."""
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel({0: logging.WARNING, 1: logging.INFO}.get(level, logging.DEBUG))
