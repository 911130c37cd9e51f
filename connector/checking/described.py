"""The API in words for programs: one description of what is asked and answered, and the OpenAPI document made of it.

What is taken is read by asked.py, what is answered made by answer.py; tests hold all three together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from audits.model.truth import ContactType, LeadClass, LineType, TruthVerdict
from connector.checking.asked import LONGEST, LONGEST_OTHER, MOST_S

Schema: TypeAlias = dict[str, object]

#: Leads that one call may bring.
MOST_LEADS = 100
API_VERSION = "1.0.0"
DOCUMENT_PATH = "/api/v1/openapi.json"
CHECK_PATH = "/api/v1/check"
CHECK_MANY_PATH = "/api/v1/check-many"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a lead to be checked. `kinds`: JSON types beside null."""

    says: str
    example: object
    kinds: tuple[str, ...] = ("string",)
    format: str | None = None


#: What may be said of a lead, in the order of the documentation.
FIELDS: dict[str, Field] = {
    "id": Field("Your own id of the lead; it comes back in the answer.", "7", ("string", "integer")),
    "name": Field("The whole name, where it was not asked in parts.", "Anna Berg"),
    "first_name": Field("The given name.", "Anna"),
    "last_name": Field("The family name.", "Berg"),
    "email": Field("The e-mail address, as typed.", "anna.berg@gmial.com"),
    "phone": Field("The phone number, as typed.", "22 33 44 55"),
    "mobile": Field("A second, mobile number, as typed.", "+47 412 34 567"),
    "country": Field(
        "ISO code or name of the country, for numbers without +; else the country of the account.", "NO"
    ),
    "company": Field("The firm that the person named.", "Berg Bygg AS"),
    "address": Field("The postal address.", "Storgata 1, 0155 Oslo"),
    "message": Field("What the person wrote.", "We need a quote for 20 windows."),
    "language": Field("The language of the form or message, ISO 639-1.", "nb"),
    "ip": Field("The address from which the form was sent.", "203.0.113.7"),
    "user_agent": Field("The User-Agent header with which the form was sent.", "Mozilla/5.0 (X11; Linux x86_64)"),
    "submitted_at": Field(
        "When the form was sent: ISO 8601 with an offset.", "2026-03-02T13:20:00+01:00", format="date-time"
    ),
    "time_on_form_s": Field(
        "Seconds from opening the form to sending it.", 41.5, ("number", "string")
    ),
    "honeypot": Field("What stood in a field that people do not see.", "", ("string", "boolean")),
    "source": Field("Where the lead came from.", "website"),
    "source_detail": Field("The campaign, list or partner.", "spring"),
    "lead_type": Field("What kind of lead you call it.", "form"),
    "preferred_at": Field(
        "When to call: ISO 8601 with an offset.", "2026-03-03T09:00:00+01:00", format="date-time"
    ),
    "consent_proof": Field("The id of a certificate of consent.", "tf-5d0e"),
}  # fmt: skip


def lead_schema() -> Schema:
    """JSON Schema of one lead that is asked about."""
    return {
        "type": "object",
        "description": "A lead as its form had it. Every field may be missing, null or blank, but one of email, "
        "phone and mobile must be there. Other names are allowed, mean nothing here and are named in the answer.",
        "properties": {name: _field_schema(name, field) for name, field in FIELDS.items()},
        "anyOf": [
            {"required": [name], "properties": {name: {"type": "string", "pattern": r"\S"}}}
            for name in ("email", "phone", "mobile")
        ],
    }


def _field_schema(name: str, field: Field) -> Schema:
    schema: Schema = {"type": [*field.kinds, "null"], "description": field.says, "examples": [field.example]}
    if "string" in field.kinds:
        schema["maxLength"] = LONGEST.get(name, LONGEST_OTHER)
    if "number" in field.kinds:
        schema.update(minimum=0, maximum=MOST_S)
    if field.format:
        schema["format"] = field.format
    return schema


def answer_schema() -> Schema:
    """JSON Schema of what is said about one lead."""
    return _object(
        {
            "id": _text("The id that was given, or an empty text."),
            "verdict": _one_of(
                TruthVerdict,
                "genuine: somebody asked. repairable: somebody asked and wrote something down wrongly. suspect, "
                "pseudo: probably, surely no buyer. unknown: too little could be looked at.",
            ),
            "pseudo_probability": _share("That the lead is one of the pseudo-leads, all classes together."),
            "classes": _list(
                _object(
                    {
                        "name": _one_of(LeadClass, "What the lead may be instead of somebody who asked."),
                        "probability": _share("That it is so."),
                        "reasons": _list(_ref("Reason"), "What speaks for it and against it, the heaviest first."),
                    }
                ),
                "The classes that anything speaks for, the likeliest first.",
            ),
            "speaks_for_it": _list(_ref("Reason"), "What speaks for somebody who asked."),
            "repairs": _list(
                _object(
                    {
                        "field": _text("The field to be mended."),
                        "given": _text("What stood there."),
                        "proposed": _text("What was probably meant: ask, never overwrite."),
                        "rank": {"type": "integer", "minimum": 1, "description": "1 is the likeliest."},
                        "why": _text("A sentence."),
                    }
                ),
                "What was probably meant where something was written down wrongly.",
            ),
            "phone": _or_null(_ref("Phone"), "The number that reaches best; null when none was given."),
            "email": _or_null(_ref("Email"), "The address; null when none was given."),
            "name": _object(
                {
                    "mashed": _flag("Letters that nobody meant."),
                    "placeholder": _flag("Words that stand for no name."),
                    "joke": _flag("A name that jokes are made with; real people bear it too, so it decides nothing."),
                }
            ),
            "user_agent": _object(
                {
                    "bot": {
                        "type": ["boolean", "null"],
                        "description": "Whether a program filled in the form; null when no user agent was given.",
                    },
                    "name": {"type": ["string", "null"], "description": "The program."},
                }
            ),
            "contact_type": _one_of(ContactType, "How much the person gave."),
            "not_looked_at": _list(
                {"type": "string"}, "What was not given or not looked up, and so says nothing either way."
            ),
            "model_version": _text("The version of the weights: under one version equal leads get equal answers."),
            "ignored": _list({"type": "string"}, "Names in the lead that mean nothing here; missing when all do."),
        },
        optional=("ignored",),
    )


def _phone_schema() -> Schema:
    return _object(
        {
            "e164": {"type": ["string", "null"], "description": "The number as E.164; null when it is none."},
            "valid": {
                "type": ["boolean", "null"],
                "description": "By the numbering plan; null: not to be told without a country.",
            },
            "possible": {"type": ["boolean", "null"], "description": "Whether its length can be."},
            "type": _one_of(LineType, "The kind of line."),
            "country": {"type": ["string", "null"], "description": "ISO code of its country."},
            "reasons": _list({"type": "string"}, "Codes of what was found."),
        }
    )


def _email_schema() -> Schema:
    return _object(
        {
            "normalised": {"type": ["string", "null"], "description": "As mail is sent to it; null when it is none."},
            "valid": _flag("Whether the address can be one, by its form."),
            "deliverable": {
                "type": ["boolean", "null"],
                "description": "Whether its domain takes mail; null: not looked up.",
            },
            "disposable": _flag("Whether both lists of throw-away mailboxes name its domain."),
            "disposable_lists": {"type": "integer", "minimum": 0, "maximum": 2, "description": "How many name it."},
            "role": _flag("An address of a function, such as info@."),
            "relay": _flag("An address of a privacy relay: a person stands behind it."),
            "suggestion": {"type": ["string", "null"], "description": "What was probably meant."},
            "reasons": _list({"type": "string"}, "Codes of what was found."),
        }
    )


def error_schema(*, is_of_a_row: bool = False) -> Schema:
    """JSON Schema of a refusal; `is_of_a_row`: of one lead of many."""
    of_row: dict[str, Schema] = {}
    if is_of_a_row:
        of_row["id"] = {"type": ["string", "integer", "null"], "description": "The id of the lead."}
    return _object(
        {
            **of_row,
            "error": _object(
                {
                    "field": {
                        "type": ["string", "null"],
                        "description": "What is wrong; null when it is no single field.",
                    },
                    "reason": _text("A sentence."),
                    "request": _text("With 500: the number to tell the operator."),
                },
                optional=("request",),
            ),
        }
    )


def openapi(public_url: str, *, calls_per_minute: int) -> Schema:
    """The OpenAPI 3.1 document. `public_url`: where the API stands, without a slash at its end."""
    one = "The lead could not be read: the field and a sentence."
    many = "The list could not be read. A single lead that cannot be read is answered in its place instead."
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lead Assay",
            "version": API_VERSION,
            "description": "Whether a lead is real and can be reached, with reasons, before it is delivered. Answers "
            "go by the terms of the account whose key asks. Nothing of a lead that is asked about is kept.",
        },
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "paths": {
            CHECK_PATH: {
                "post": _operation("check", "Check one lead", _ref("Lead"), _ref("Answer"), one, calls_per_minute)
            },
            CHECK_MANY_PATH: {
                "post": _operation(
                    "check_many",
                    f"Check up to {MOST_LEADS} leads",
                    _object(
                        {"leads": {"type": "array", "minItems": 1, "maxItems": MOST_LEADS, "items": {}}},
                        is_closed=False,
                    )
                    | {"description": "Each of `leads` is a Lead; one that cannot be read stops no other."},
                    _object(
                        {
                            "leads": {
                                "type": "array",
                                "items": {"oneOf": [_ref("Answer"), _ref("RowError")]},
                                "description": "One answer for each lead, in the order of the question.",
                            }
                        }
                    ),
                    many,
                    calls_per_minute,
                )
            },
            DOCUMENT_PATH: {
                "get": {
                    "operationId": "openapi",
                    "summary": "This document",
                    "security": [],
                    "responses": {"200": {"description": "The document.", **_json({"type": "object"})}},
                }
            },
        },
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key that an admin of the account makes on the page /settings/api-keys.",
                }
            },
            "schemas": {
                "Lead": lead_schema(),
                "Answer": answer_schema(),
                "Reason": _object(
                    {
                        "code": _text("What was found; codes keep their meaning."),
                        "weight": {
                            "type": "number",
                            "description": "Natural log-odds, against a person who asked; below 0 it speaks against.",
                        },
                        "field": _text("Where it was found."),
                        "says": _text("A sentence."),
                    }
                ),
                "Phone": _phone_schema(),
                "Email": _email_schema(),
                "Error": error_schema(),
                "RowError": error_schema(is_of_a_row=True),
            },
        },
    }


def _operation(name: str, summary: str, asked: Schema, answered: Schema, wrong: str, calls_per_minute: int) -> Schema:
    wait: Schema = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
    refusals: dict[str, tuple[str, Schema]] = {
        "400": ("The body is no sound JSON.", {}),
        "401": ("No key, or one that is wrong or revoked.", {}),
        "408": ("The body came too slowly.", {}),
        "413": ("The body is too big.", {}),
        "415": ("The body is not said to be application/json.", {}),
        "422": (wrong, {}),
        "429": (f"More than {calls_per_minute} leads a minute with this key, or too many wrong keys.", wait),
        "500": ("Something went wrong on our side.", {}),
        "503": ("The database is busy: try again.", wait),
    }
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, **_json(asked)},
        "responses": {
            "200": {"description": "What was found.", **_json(answered)},
            **{
                status: {"description": says, **({"headers": headers} if headers else {}), **_json(_ref("Error"))}
                for status, (says, headers) in refusals.items()
            },
        },
    }


def _json(schema: Schema) -> Schema:
    return {"content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Schema], *, optional: Iterable[str] = (), is_closed: bool = True) -> Schema:
    skipped = set(optional)
    closed: Schema = {"additionalProperties": False} if is_closed else {}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in skipped],
        **closed,
    }


def _list(items: Schema, says: str) -> Schema:
    return {"type": "array", "items": items, "description": says}


def _text(says: str) -> Schema:
    return {"type": "string", "description": says}


def _flag(says: str) -> Schema:
    return {"type": "boolean", "description": says}


def _share(says: str) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": 1, "description": says}


def _one_of(words: type[StrEnum], says: str) -> Schema:
    return {"type": "string", "enum": [word.value for word in words], "description": says}


def _or_null(schema: Schema, says: str) -> Schema:
    return {"anyOf": [schema, {"type": "null"}], "description": says}
