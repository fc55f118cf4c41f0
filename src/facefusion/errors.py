"""The whole error tree of FaceFusion, on one page.

Every error that a user can meet derives from `FaceFusionError`. Its text is one line that says what failed,
why, and what would work. `exit_code` is what the command line ends with; the library itself never exits.
"""

from __future__ import annotations


class FaceFusionError(Exception):
    """Base of everything FaceFusion raises on purpose."""

    exit_code = 1


class UsageError(FaceFusionError):
    """The request itself is wrong: unknown names, values out of range, options that contradict."""

    exit_code = 2


class InvalidInput(FaceFusionError):
    """A file or array that was given cannot be used."""

    exit_code = 3


class MediaUnreadable(InvalidInput):
    """A picture or clip cannot be opened or decoded."""


class KeyUnusable(InvalidInput):
    """A key file is missing, open to others, damaged, or has another passphrase."""


class NoFaceFound(FaceFusionError):
    """No face where one is needed."""

    exit_code = 4


class SeveralFacesFound(InvalidInput):
    """Several people in a picture that must show one."""


class RefusedByPolicy(FaceFusionError):
    """A policy forbids the request. decision: rule, reason and policy as plain values, where a job was refused."""

    exit_code = 5

    def __init__(self, text: str, decision: dict[str, object] | None = None) -> None:
        super().__init__(text)
        self.decision = decision


class ModelError(FaceFusionError):
    """Something about a model's weights."""

    exit_code = 6


class ModelMissing(ModelError):
    """A known model whose weights are not on this machine."""


class ModelInvalid(ModelError):
    """Weights that do not match their card: wrong hash, rank, shape or type."""


class UnusableOutput(ModelError):
    """A model answered with values that are no numbers."""


class OutOfMemory(ModelError):
    """A device has no room for what a model needs, however small the pieces."""


class DeviceLost(ModelError):
    """A graphics card stopped answering in the middle of a run; what was finished is kept."""


class DownloadFailed(ModelError):
    """Weights that could not be fetched; what was fetched so far is kept where that helps."""


class OutputFailed(FaceFusionError):
    """The result could not be written; nothing half-written is left behind."""

    exit_code = 7


class DiskFull(OutputFailed):
    """There is no room left; finished work is kept, and the same request continues once there is."""


class OutputExists(OutputFailed):
    """The output is there already and overwriting was not asked for."""


class Cancelled(FaceFusionError):
    """The run was cancelled by its caller."""

    exit_code = 130
