"""Logger of the package. It writes to standard error and is controlled by ``settings.verbosity``."""

import logging

logger = logging.getLogger("scgsfm")


def set_verbosity(level: int) -> None:
    """Show warnings (0), progress and summaries (1), or details (2)."""
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel({0: logging.WARNING, 1: logging.INFO}.get(level, logging.DEBUG))
