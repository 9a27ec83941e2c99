"""Errors and warnings of the package. Messages name the argument, the value found and what to do."""


class GeneMatchError(ValueError):
    """Too few gene names were matched for a meaningful result."""


class GeneMatchWarning(UserWarning):
    """Only part of the gene names was matched."""


class GeneNameWarning(UserWarning):
    """Genes of the data have the same name."""


class GeneSetWarning(UserWarning):
    """Gene sets were repaired while reading, or sets or groups were skipped."""


class DownloadError(OSError):
    """A file is not in the cache and could not be downloaded."""


class ChecksumError(DownloadError):
    """The SHA-256 of a file is not the expected one."""


class ModelFormatError(ValueError):
    """A model directory lacks a file, or its configuration and weights are inconsistent."""


class ModelKindError(TypeError, ValueError):
    """A function was given a model of a kind that it cannot use."""


class TraceError(ValueError):
    """A reasoning trace is malformed, or cites evidence that its card does not contain."""
