"""One small history by hand: a lead of each fate, with every kind of act."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from connector.sandbox.history import (
    AccountHistory,
    By,
    Call,
    CallResult,
    Channel,
    DealHistory,
    DealPerson,
    DealStage,
    DealStep,
    Door,
    Edit,
    EditedField,
    Email,
    EmailStatus,
    LeadHistory,
    LeadPerson,
    Meeting,
    MeetingOutcome,
    Merge,
    Message,
    Note,
    OwnerChange,
    Priority,
    Rep,
    Role,
    Source,
    Status,
    StatusChange,
    Task,
    Visit,
)

UNTIL = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
AT = datetime(2026, 11, 2, 9, 30, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
DANA = Rep("dana", 1, "Dana", "Voss", "dana.voss@meridian.example", "North")
EMRE = Rep("emre", 2, "Emre", "Çelik", "emre.celik@meridian.example", "North")
FORM = By(Door.FORM, "Website form")
BY_DANA = By(Door.HAND, rep_ref="dana")
INBOX = By(Door.MAILBOX, "Connected inbox")


def at(hours: float) -> datetime:
    """So long after the first lead came."""
    return AT + hours * HOUR


def lead(ref: str, **details: object) -> LeadHistory:
    given: dict[str, object] = {
        "ref": ref,
        "person": LeadPerson("Sören", "Weiß", f"{ref}@example.org", "+49 1512 3456789"),
        "company": "",
        "country": "DE",
        "city": "Köln",
        "source": Source.PAID_SEARCH,
        "source_detail": "brightfunnel",
        "campaign": "autumn",
        "arrived_by": FORM,
        "received_at": AT,
        "owner_changes": (OwnerChange(AT, "dana", By(Door.AUTOMATION, "Round robin")),),
        "status_changes": (StatusChange(AT, Status.NEW, FORM),),
        **details,
    }
    return LeadHistory(**given)  # type: ignore[arg-type]


def call(hours: float, result: CallResult, talk_s: int, *, is_inbound: bool = False, rep: str = "dana") -> Call:
    return Call(
        at=at(hours),
        recorded_at=at(hours) + timedelta(seconds=talk_s),
        rep_ref=rep,
        by=By(Door.HAND, rep_ref=rep),
        subject="Call with Sören",
        number="+49 1512 3456789",
        is_inbound=is_inbound,
        result=result,
        talk_s=talk_s,
    )


ACTS = (
    call(0.25, CallResult.CONNECTED, 370),
    call(30, CallResult.WRONG_NUMBER, 5, is_inbound=True, rep="emre"),
    Email(
        at=at(1),
        recorded_at=at(1),
        rep_ref="dana",
        by=INBOX,
        subject="Your offer",
        is_inbound=False,
        status=EmailStatus.BOUNCED,
    ),
    Email(at=at(2), recorded_at=at(2), rep_ref="dana", by=INBOX, subject="Re", is_inbound=True, status=None),
    Message(at=at(3), recorded_at=at(3), rep_ref="dana", by=BY_DANA, channel=Channel.SMS),
    Meeting(
        at=at(50),
        recorded_at=at(4),
        rep_ref="dana",
        by=By(Door.BOOKING),
        subject="Survey",
        end_at=at(50.75),
        outcome=MeetingOutcome.HELD,
    ),
    Meeting(
        at=at(900),
        recorded_at=at(5),
        rep_ref="dana",
        by=By(Door.BOOKING),
        subject="Survey",
        end_at=at(901),
        outcome=MeetingOutcome.PLANNED,
    ),
    Note(at=at(6), recorded_at=at(6), rep_ref="dana", by=BY_DANA, text="Roof faces south."),
    Task(at=at(26), recorded_at=at(7), rep_ref="dana", by=BY_DANA, subject="Call back", done_at=at(25)),
    Task(at=at(28), recorded_at=at(8), rep_ref="dana", by=BY_DANA, subject="Send plan", done_at=None),
)

WORKED = lead(
    "worked",
    company="Sonnenhof",
    acts=ACTS,
    edits=(
        Edit(at(9), EditedField.PHONE, "+49 1512 3456700", BY_DANA),
        Edit(at(9), EditedField.CITY, "Bonn", BY_DANA),
    ),
)
SOLD = lead(
    "sold",
    arrived_by=By(Door.INTEGRATION, "LeadHarbor"),
    acts=(call(1, CallResult.CONNECTED, 120),),
    owner_changes=(
        OwnerChange(AT, "dana", By(Door.AUTOMATION, "Round robin")),
        OwnerChange(at(60), "emre", BY_DANA),
    ),
    status_changes=(StatusChange(AT, Status.NEW, FORM), StatusChange(at(70), Status.WON, BY_DANA)),
    converted_at=at(48),
)
LOST = lead(
    "lost",
    status_changes=(StatusChange(AT, Status.NEW, FORM), StatusChange(at(70), Status.UNQUALIFIED, BY_DANA)),
    converted_at=at(48),
)
ARCHIVED = lead(
    "archived", status_changes=(StatusChange(AT, Status.NEW, FORM), StatusChange(at(20), Status.UNQUALIFIED, BY_DANA))
)
PARKED = lead("parked", status_changes=(StatusChange(at(1), Status.OWN, BY_DANA, "AT_PARTNER"),))
UNOWNED = lead("unowned", owner_changes=(), arrived_by=By(Door.IMPORT, "Fair"), source=None)
DELETED = lead("deleted", deleted_at=at(80))
TWIN = lead("twin", acts=(call(2, CallResult.NO_ANSWER, 0),))
KEPT = lead("kept", merges=(Merge(at(90), "twin", BY_DANA),))


ASKED = lead(
    "asked",
    submitted_at=at(-1),
    visit=Visit("198.18.3.7", "Firefox", 41, "x"),
    preferred_at=at(3),
    has_call_consent=False,
    recontact_on=date(2026, 12, 1),
    priority=Priority.HIGH,
    lead_type="order",
    language="de",
    status_changes=(
        StatusChange(AT, Status.NEW, FORM),
        StatusChange(at(5), Status.WAITING, BY_DANA),
        StatusChange(at(90), Status.LOST, BY_DANA),
    ),
    acts=(
        Email(
            at=at(4),
            recorded_at=at(4),
            rep_ref="dana",
            by=INBOX,
            subject="Dach",
            is_inbound=False,
            status=EmailStatus.SENT,
            text="Guten Tag,\nDach & Speicher",
        ),
        Message(at=at(5), recorded_at=at(5), rep_ref="dana", by=BY_DANA, channel=Channel.SMS, text="Bis morgen"),
    ),
)
WON_DEAL = DealHistory(
    ref="won",
    name="Roof",
    amount_minor=980_000,
    currency="EUR",
    rep_ref="dana",
    steps=(DealStep(at(48), DealStage.QUALIFIED, BY_DANA), DealStep(at(70), DealStage.WON, BY_DANA)),
    persons=(DealPerson("sold"),),
)
OPEN_DEAL = DealHistory(
    ref="open",
    name="Storage",
    amount_minor=2_500_000,
    currency="EUR",
    rep_ref="dana",
    steps=(DealStep(at(50), DealStage.QUALIFIED, BY_DANA),),
    persons=(DealPerson("asked", Role.USER), DealPerson("worked", Role.DECIDER)),
)
EMRE_WHO_LEFT = replace(EMRE, left_at=at(400))


def account(
    *leads: LeadHistory, reps: tuple[Rep, ...] = (DANA, EMRE), deals: tuple[DealHistory, ...] = ()
) -> AccountHistory:
    """A history of these leads."""
    return AccountHistory(until=UNTIL, opened_at=AT - timedelta(days=700), reps=reps, leads=leads, deals=deals)
