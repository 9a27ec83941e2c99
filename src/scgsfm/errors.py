"""Errors and warnings that users meet. Each message names the argument, what was found and what to do."""


class GeneMatchError(ValueError):
    """Too few gene names are known for a result to mean anything."""


class GeneMatchWarning(UserWarning):
    """Only part of the gene names is known."""


class GeneSetWarning(UserWarning):
    """A gene-set file or table held something that was repaired or left out."""


class DownloadError(OSError):
    """A file is neither in the cache nor could it be downloaded."""


class ChecksumError(DownloadError):
    """A file's SHA-256 is not the expected one."""


class ModelFormatError(ValueError):
    """A model folder lacks a file, or its configuration and weights disagree."""


class TraceError(ValueError):
    """A reasoning trace is malformed, or cites what its card doesn't hold."""
