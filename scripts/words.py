"""The catalogs of translations: `python -m scripts.words` brings them up to the texts in the code, and compiles them.

`python -m scripts.words missing nb` prints what has no translation yet as JSON: text → its forms (a list for what is
counted). `python -m scripts.words fill nb translations.json` puts such answers in, and compiles.
Texts are literals in their place: t("…"), plural("…", "…"), say("…"), phrase("…"), Term("…"); in templates t and
plural; of the rules all that audits.reports.literals lists; of each CRM what its entry in the catalog says.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from audits.reports.literals import literals
from connector.catalog import CRMS
from connector.crm.lead_fields import FACT_WORDS
from connector.language.catalogs import mo_path, po_path
from connector.language.languages import DEFAULT, LANGUAGES
from connector.language.texts import counted_texts, has_words

ROOT = Path(__file__).parent.parent
#: Folders whose texts no reader of ours sees in his language: made-up CRMs, the command line, what a CRM keeps.
PASSED_OVER = ("connector/sandbox", "connector/demo", "connector/exports")
#: Call → how many literals it begins with.
CALLS = {"t": 1, "plural": 2, "say": 1, "phrase": 1, "Term": 1}
TRANSLATED = tuple(code for code in LANGUAGES if code != DEFAULT)
_FIXED = datetime(2026, 1, 1, tzinfo=UTC)
#: The forms of Arabic in the order that gettext knows: none, one, two, 3 to 10, 11 to 99, hundreds.
_ARABIC = "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5"


@dataclass(frozen=True, slots=True)
class Found:
    """One text: in the singular or alone, and in the plural ("" = not counted); the file, and what kind it is."""

    text: str
    plural: str
    file: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of CALLS. `texts`: its literals, None where there is none."""

    name: str
    line: int
    texts: tuple[str, ...] | None


def python_calls(source: str) -> Iterator[Call]:
    """All calls of CALLS in Python."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            # `texts.say(value)` says what another place made.
            attribute = getattr(node.func, "attr", "").lstrip("_")
            name = getattr(node.func, "id", "") or ("" if attribute == "say" else attribute)
            if name in CALLS and node.args:
                given = [each.value for each in node.args[: CALLS[name]] if isinstance(each, ast.Constant)]
                texts = tuple(each for each in given if isinstance(each, str))
                yield Call(name, node.lineno, texts if len(texts) == CALLS[name] else None)


def template_calls(source: str) -> Iterator[Call]:
    """All calls of CALLS in a Jinja template."""
    for node in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        name = node.node.name if isinstance(node.node, nodes.Name) else getattr(node.node, "attr", "")
        if name in CALLS and node.args:
            given = [each.value for each in node.args[: CALLS[name]] if isinstance(each, nodes.Const)]
            texts = tuple(each for each in given if isinstance(each, str))
            yield Call(name, node.lineno, texts if len(texts) == CALLS[name] else None)


def calls() -> Iterator[tuple[str, Call]]:
    """(file, call) of all sources of connector whose texts are for readers."""
    for path in sorted((ROOT / "connector").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(PASSED_OVER):
            continue
        if path.suffix == ".py":
            yield from ((name, call) for call in python_calls(path.read_text(encoding="utf-8")))
        elif path.suffix in (".html", ".j2", ".txt") and "templates" in path.parts:
            yield from ((name, call) for call in template_calls(path.read_text(encoding="utf-8")))


def found() -> Iterator[Found]:
    """Every text that a reader may see, in no order; one may come more than once."""
    for name, call in calls():
        if call.texts is not None and has_words(call.texts[0]):
            yield Found(call.texts[0], call.texts[1] if len(call.texts) > 1 else "", name)
    for each in literals():
        file = each.where.partition(":")[0] if each.where.endswith(".py") or ":" in each.where else "audits/rules"
        note = f"{each.kind} of {each.where}" if file == "audits/rules" else each.kind
        if each.kind == "noun":
            one, many = counted_texts(each.text)
            yield Found(one, many, file, "noun")
        elif has_words(each.text):
            yield Found(each.text, "", file, note)
    yield from _of_crms()


def _of_crms() -> Iterator[Found]:
    file = "connector/catalog.py"
    for entry in CRMS.values():
        for name in entry.record_names:
            yield Found(name, "", file, "what a CRM calls a lead")
        for mapped in entry.mappable:
            yield Found(mapped.label, "", file, "a field of a CRM")
            yield Found(mapped.explains, "", file, "a field of a CRM")
            for _, words in mapped.choices:
                yield Found(words, "", file, "a meaning of a CRM's value")
    for what in FACT_WORDS.values():
        yield Found(what, "", "connector/crm/lead_fields.py", "what a field holds")


def template() -> Catalog:
    """All texts, sorted, without translations."""
    made = _catalog(None)
    for each in sorted(found(), key=lambda one: (one.text, one.plural, one.file, one.note)):
        if each.plural and (alone := made.get(each.text)) is not None and not alone.pluralizable:
            made.delete(each.text)
            made.add((each.text, each.plural), locations=alone.locations, auto_comments=alone.auto_comments)
        known = made.get(each.text)
        counted = known.id[1] if known is not None and known.pluralizable else each.plural
        # Files without lines: a line that moves is no change of a text.
        places: list[tuple[str, int]] = [(each.file, None)]  # type: ignore[list-item]
        made.add((each.text, counted) if counted else each.text, locations=places, auto_comments=_notes(each))
    return made


def _notes(each: Found) -> list[str]:
    return [each.note] if each.note else []


def read(code: str) -> Catalog:
    """The catalog of a language as it stands; an empty one where there is none yet."""
    path = po_path(code)
    if not path.exists():
        return _catalog(code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def updated(code: str, texts: Catalog) -> Catalog:
    """`texts` with the translations that the language has for them."""
    old, new = read(code), _catalog(code)
    for message in texts:
        if not message.id:
            continue
        before = old.get(message.id[0] if message.pluralizable else message.id)
        string = before.string if before is not None and before.pluralizable == message.pluralizable else None
        new.add(message.id, string, locations=message.locations, auto_comments=message.auto_comments)
    return new


def po_text(catalog: Catalog) -> bytes:
    """The file of the translators."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, sort_output=True, include_lineno=False, omit_header=False)
    return buffer.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """The compiled file."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def write(code: str, catalog: Catalog) -> None:
    """Both files of a language."""
    po_path(code).parent.mkdir(parents=True, exist_ok=True)
    po_path(code).write_bytes(po_text(catalog))
    mo_path(code).write_bytes(mo_bytes(read(code)))


def missing(code: str) -> dict[str, str | list[str]]:
    """Texts without a translation → "" or, where counted, one "" per plural form, the English forms as a hint."""
    catalog = read(code)
    wanted: dict[str, str | list[str]] = {}
    for message in catalog:
        if not message.id or _is_translated(message.string):
            continue
        if isinstance(message.id, str):
            wanted[message.id] = ""
        else:
            wanted[message.id[0]] = [*[""] * (catalog.num_plurals - 1), message.id[1]]
    return wanted


def fill(code: str, answers: dict[str, str | list[str]]) -> list[str]:
    """Put translations in and write the language's files; returns texts that it does not know."""
    catalog, unknown = updated(code, template()), []
    for text, said in answers.items():
        message = catalog.get(text)
        if message is None:
            unknown.append(text)
        elif message.pluralizable != isinstance(said, list):
            raise ValueError(f"{text!r}: {'a list of forms' if message.pluralizable else 'one text'} is wanted")
        else:
            message.string = tuple(said) if isinstance(said, list) else said
    write(code, catalog)
    return unknown


def _is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def _catalog(code: str | None) -> Catalog:
    made = Catalog(
        locale=code,
        domain="leadassay",
        project="Lead Assay",
        version="1",
        header_comment="# Texts of Lead Assay. Written by scripts/words.py: edit only what stands behind msgstr.",
        copyright_holder="",
        msgid_bugs_address="-",
        creation_date=_FIXED,
        revision_date=_FIXED,
        last_translator="Lead Assay",
        language_team=code or "",
        fuzzy=False,
    )
    if code == "ar":
        made.mime_headers = [("Plural-Forms", f"nplurals=6; plural=({_ARABIC});")]
    return made


def main(arguments: list[str]) -> int:
    """Run one command; 0 when all is well."""
    match arguments:
        case []:
            texts = template()
            for code in TRANSLATED:
                write(code, updated(code, texts))
                print(f"{code}: {len(texts)} texts, {len(missing(code))} without a translation")
        case ["missing", code]:
            print(json.dumps(missing(code), ensure_ascii=False, indent=0))
        case ["fill", code, path]:
            unknown = fill(code, json.loads(Path(path).read_text(encoding="utf-8")))
            print(f"{code}: {len(missing(code))} without a translation")
            for text in unknown:
                print(f"not a text of ours: {text!r}")
            return 1 if unknown else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
