"""Errors named by what to do next. Every message is a sentence for a person: what is wrong and how to mend it."""

from __future__ import annotations


class LeadAssayError(Exception):
    """Root of all errors that we raise on purpose."""


class ConfigError(LeadAssayError):
    """A setting is missing or wrong; the message names it. Not retried."""


class CrmError(LeadAssayError):
    """Something about a CRM. Subclasses say what to do next."""


class RetryLater(CrmError):
    """Try the same again after `after_s` seconds. `is_outcome_unknown`: a write may have happened; re-read first."""

    def __init__(self, message: str, *, after_s: float, is_outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.after_s = after_s
        self.is_outcome_unknown = is_outcome_unknown


class QuotaSpent(RetryLater):
    """Our part of what the CRM lets all tools of the account do in a day is used up, for `after_s` seconds.

    `look_again_s`: when what needs no such calls should be looked at again.
    """

    def __init__(self, message: str, *, after_s: float, look_again_s: float = 900.0) -> None:
        super().__init__(message, after_s=after_s)
        self.look_again_s = look_again_s


class ReauthorizationNeeded(CrmError):
    """The grant is dead: an admin must connect again. The install is paused; nothing is retried."""


class PermissionMissing(CrmError):
    """The grant lacks `scope`; what needs it becomes not_evaluated."""

    def __init__(self, message: str, *, scope: str) -> None:
        super().__init__(message)
        self.scope = scope


class RecordGone(CrmError):
    """The record is deleted, merged away or never was."""


class CrmRejected(CrmError):
    """The CRM refused our request as wrong; `fields` names what it complained of. Not retried unchanged."""

    def __init__(self, message: str, *, status: int, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields


class UnexpectedPayload(CrmError):
    """The answer is not what the API promises (HTML, cut JSON, a missing key). Never read as "empty"."""


class InstallLost(LeadAssayError):
    """Another worker holds this install now (fencing): this job must not commit."""


class InstallNotActive(LeadAssayError):
    """The install is paused, uninstalled or unknown: no work may be done for it."""


class StorageBusy(LeadAssayError):
    """The database could not take the row in time; the sender must try again."""


class StorageFailed(StorageBusy):
    """The database cannot be used (disk full, read only, I/O error, server gone): an operator must look."""


class UnknownInstall(LeadAssayError):
    """There is no install with this id: nothing may be read or written for it."""


class JobFailed(LeadAssayError):
    """A fault in our own code ended a job; the log has it in full, this message nothing of the data."""


class SlotLost(LeadAssayError):
    """Another worker process took this one's slot, because it gave no sign of life: it must end and start anew."""


class OtherFormat(LeadAssayError):
    """Something was kept in a format that this version does not know; the message names it and the format."""
