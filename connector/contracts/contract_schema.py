"""The model of a contract as JSON Schema (2020-12), so that editors name fields and mark mistakes as one writes."""

from __future__ import annotations

from typing import Any, Final, get_args

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from audits.model import contract as model
from audits.model.contract import Contract, NeedKind
from audits.model.reasons import ReasonCode

_SPAN: Final = r"P(?!$)(\d{1,4}W)?(\d{1,5}D)?(T(?=\d)(\d{1,6}H)?(\d{1,6}M)?(\d{1,7}S)?)?"
_SPAN_SCHEMA: Final[JsonSchemaValue] = {
    "type": "string",
    "pattern": f"^{_SPAN}$",
    "description": "A span of time: P10D are ten days, PT48H are 48 hours.",
}
_UNTIL_SCHEMA: Final[JsonSchemaValue] = {
    "type": "string",
    "pattern": rf"^({_SPAN.replace('(?!$)', '(?=[0-9T])')}|day_of_next_month:([1-9]|1\d|2[0-8]))$",
    "description": "A span of time (P10D), or a day of the month after delivery: day_of_next_month:5.",
}
_NEED_SCHEMA: Final[JsonSchemaValue] = {
    "type": "string",
    "pattern": f"^({'|'.join(NeedKind)})(>=[0-9]+)?(@different_daypart)?$",
}
#: A text as an editor may read it that does not know what the field asks for.
_SCALAR: Final = ["string", "number", "boolean"]


class _Schema(GenerateJsonSchema):
    """Knows what the model's own readers of texts take."""

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        read = schema["function"]["function"]
        return dict(_UNTIL_SCHEMA if read is _reader(model.Until) else _SPAN_SCHEMA)

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        read = schema["function"]["function"]
        if read is _reader(model.Texts):
            return {"anyOf": [{"type": _SCALAR}, inner]}
        if read is _reader(model.NeedText):
            return {"anyOf": [dict(_NEED_SCHEMA), inner]}
        return {"anyOf": [{"enum": [code.value for code in ReasonCode]}, inner]}

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:
        return {"type": "string", "pattern": r"^\d{2}:\d{2}$"}


def _reader(annotated: Any) -> Any:
    """The function by which a type of the model reads what is written."""
    return next(each.func for each in get_args(annotated)[1:] if hasattr(each, "func"))


def contract_schema() -> dict[str, object]:
    """JSON Schema of one document of a contract file."""
    made = Contract.model_json_schema(schema_generator=_Schema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **_without_titles(made)}


def _without_titles(schema: Any) -> Any:
    """Without the titles that are only the names again; texts as an editor may read them."""
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    is_names = "type" not in schema and "$ref" not in schema and "anyOf" not in schema and "enum" not in schema
    kept = {
        name: _without_titles(value)
        for name, value in schema.items()
        if is_names or name != "title" or not isinstance(value, str)
    }
    if kept.get("type") == "string" and not {"enum", "pattern", "format", "const"} & set(kept):
        kept["type"] = _SCALAR
    return kept
