"""Every route of the app: who may use it, and what another tenant's ids must give. A route that is not here is red.

`example` is a path with {lead_id} and {user_id} filled in from the own account; `probe` the same with ids of another
account ("" = the route takes no id of a tenant). `form_on` is a page with a form for the token of a POST.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.web.access import Access


@dataclass(frozen=True)
class Route:
    """One rule of the url map for one method."""

    endpoint: str
    method: str
    access: Access | None
    example: str
    probe: str = ""
    lists: bool = False


PUBLIC, SIGNED_IN, MANAGER, ADMIN = Access.PUBLIC, Access.SIGNED_IN, Access.MANAGER, Access.ADMIN

ROUTES = (
    Route("static", "GET", None, "/static/assay.css"),
    Route("webhooks.receive", "POST", None, "/webhooks/hubspot"),
    Route("cards.card", "GET", None, "/cards/hubspot"),
    Route("cards.card", "POST", None, "/cards/hubspot"),
    Route("webhooks.receive_for_install", "POST", None, "/webhooks/frappe/no-such-key"),
    Route("api.check", "POST", None, "/api/v1/check"),
    Route("api.check_many", "POST", None, "/api/v1/check-many"),
    Route("api.document", "GET", None, "/api/v1/openapi.json"),
    Route("health.healthz", "GET", PUBLIC, "/healthz"),
    Route("landing.landing", "GET", PUBLIC, "/"),
    Route("rulebook.rulebook", "GET", PUBLIC, "/rulebook"),
    Route("install.connect", "GET", PUBLIC, "/install/hubspot"),
    Route("install.begin", "POST", PUBLIC, "/install/hubspot"),
    Route("install.callback", "GET", PUBLIC, "/oauth/hubspot/callback"),
    Route("install.uninstalled_there", "DELETE", PUBLIC, "/oauth/hubspot/callback"),
    Route("sign_in.form", "GET", PUBLIC, "/sign-in"),
    Route("sign_in.ask", "POST", PUBLIC, "/sign-in"),
    Route("sign_in.link", "GET", PUBLIC, "/sign-in/link/no-such-token"),
    Route("sign_in.redeem", "POST", PUBLIC, "/sign-in/link/no-such-token"),
    Route("sign_in.company", "GET", PUBLIC, "/sign-in/oidc"),
    Route("sign_in.company_callback", "GET", PUBLIC, "/sign-in/oidc/callback"),
    Route("sign_in.choose_account", "POST", PUBLIC, "/sign-in/oidc/account"),
    Route("language.choose", "POST", PUBLIC, "/language"),
    Route("sign_in.sign_out", "POST", SIGNED_IN, "/sign-out"),
    Route("overview.overview", "GET", SIGNED_IN, "/overview", lists=True),
    Route("leads.leads", "GET", SIGNED_IN, "/leads", "/leads?owner={owner_id}", lists=True),
    Route("leads.leads_csv", "GET", SIGNED_IN, "/leads.csv", "/leads.csv?q={lead_id}", lists=True),
    Route("leads.leads_xlsx", "GET", SIGNED_IN, "/leads.xlsx"),
    Route("lead.lead", "GET", SIGNED_IN, "/leads/{lead_id}", "/leads/{lead_id}"),
    Route("owners.owners", "GET", SIGNED_IN, "/owners", lists=True),
    Route("owners.owners_csv", "GET", SIGNED_IN, "/owners.csv", lists=True),
    Route("owners.owners_xlsx", "GET", SIGNED_IN, "/owners.xlsx"),
    Route("owner.owner", "GET", SIGNED_IN, "/owners/{owner_id}", "/owners/{owner_id}", lists=True),
    Route("response.response", "GET", SIGNED_IN, "/response?days=90", lists=True),
    Route("response.what_if", "GET", SIGNED_IN, "/response/what-if?due=1&goal=1&days=90", lists=True),
    Route("follow_up.follow_up", "GET", SIGNED_IN, "/follow-up?days=90", lists=True),
    Route("funnel.funnel", "GET", SIGNED_IN, "/funnel"),
    Route("neglected.neglected", "GET", SIGNED_IN, "/neglected", lists=True),
    Route("neglected.neglected_csv", "GET", SIGNED_IN, "/neglected.csv", lists=True),
    Route("neglected.neglected_xlsx", "GET", SIGNED_IN, "/neglected.xlsx"),
    Route("report.listed", "GET", MANAGER, "/report"),
    Route("report.make", "POST", MANAGER, "/report"),
    Route("report.progress", "GET", MANAGER, "/report/progress"),
    Route("report.shown", "GET", MANAGER, "/report/{report_id}", "/report/{report_id}"),
    Route("report.as_pdf", "GET", MANAGER, "/report/{report_id}.pdf", "/report/{report_id}.pdf"),
    Route("report.as_xlsx", "GET", MANAGER, "/report/{report_id}.xlsx", "/report/{report_id}.xlsx"),
    Route("rules_at_work.rules_at_work", "GET", MANAGER, "/rules-at-work"),
    Route("rules_at_work.rules_at_work_csv", "GET", MANAGER, "/rules-at-work.csv"),
    Route("rules_at_work.rules_at_work_xlsx", "GET", MANAGER, "/rules-at-work.xlsx"),
    Route("sync.sync", "GET", MANAGER, "/sync", lists=True),
    Route("sync.retry", "POST", ADMIN, "/sync/retry"),
    Route("install.progress", "GET", ADMIN, "/install/progress", lists=True),
    Route("install.bar", "GET", ADMIN, "/install/progress/bar"),
    Route("install.answers", "POST", ADMIN, "/install/answers"),
    Route("settings.settings", "GET", ADMIN, "/settings", lists=True),
    Route("settings.save_policy", "POST", ADMIN, "/settings/policy"),
    Route("settings.change_person", "POST", ADMIN, "/settings/people/{user_id}", "/settings/people/{user_id}"),
    Route("duplicates.duplicates", "GET", MANAGER, "/duplicates", lists=True),
    Route("duplicates.decide", "POST", MANAGER, "/leads/{lead_id}/persons", "/leads/{lead_id}/persons"),
    Route("contests.queue", "GET", MANAGER, "/contests"),
    Route("contests.contest", "POST", SIGNED_IN, "/leads/{lead_id}/contest", "/leads/{lead_id}/contest"),
    Route("contests.contest_of_owner", "POST", SIGNED_IN, "/owners/{owner_id}/contest", "/owners/{owner_id}/contest"),
    Route("contests.decide", "POST", SIGNED_IN, "/contests/no-such-contest", "/contests/no-such-contest"),
    Route("contests.mine", "GET", SIGNED_IN, "/my", lists=True),
    Route("contests.choose_mails", "POST", SIGNED_IN, "/my/mails"),
    Route("repairs.listed", "GET", SIGNED_IN, "/repairs?state=all", "/repairs?owner={owner_id}", lists=True),
    Route("repairs.decide_many", "POST", SIGNED_IN, "/repairs"),
    Route("repairs.decide", "POST", SIGNED_IN, "/leads/{lead_id}/repairs", "/leads/{lead_id}/repairs"),
    Route("policies.policies_list", "GET", MANAGER, "/settings/policies"),
    Route("policies.edit", "GET", ADMIN, "/settings/policies/edit", lists=True),
    Route("policies.change", "POST", ADMIN, "/settings/policies/edit"),
    Route("own_hours.everybody", "GET", ADMIN, "/settings/hours", lists=True),
    Route("own_hours.one", "GET", ADMIN, "/settings/hours/{owner_id}", "/settings/hours/{owner_id}"),
    Route("own_hours.save", "POST", ADMIN, "/settings/hours/{owner_id}", "/settings/hours/{owner_id}"),
    Route("values.values", "GET", ADMIN, "/settings/values", lists=True),
    Route("values.save", "POST", ADMIN, "/settings/values"),
    Route("fields.fields", "GET", ADMIN, "/settings/fields", lists=True),
    Route("fields.save", "POST", ADMIN, "/settings/fields"),
    Route("api_keys.listed", "GET", ADMIN, "/settings/api-keys", lists=True),
    Route("api_keys.make", "POST", ADMIN, "/settings/api-keys"),
    Route(
        "api_keys.revoke",
        "POST",
        ADMIN,
        "/settings/api-keys/no-such-key/revoke",
        "/settings/api-keys/no-such-key/revoke",
    ),
    Route("campaigns.listed", "GET", MANAGER, "/settings/campaigns"),
    Route("campaigns.enter", "POST", MANAGER, "/settings/campaigns"),
    Route(
        "campaigns.change",
        "POST",
        MANAGER,
        "/settings/campaigns/no-such-campaign",
        "/settings/campaigns/no-such-campaign",
    ),
    Route("contracts.listed", "GET", MANAGER, "/contracts"),
    Route("contracts.import_form", "GET", MANAGER, "/contracts/import"),
    Route("contracts.import_file", "POST", MANAGER, "/contracts/import"),
    Route("contracts.new_form", "GET", MANAGER, "/contracts/new"),
    Route("contracts.new", "POST", MANAGER, "/contracts/new"),
    Route("contracts.shown", "GET", MANAGER, "/contracts/{contract}/1", "/contracts/{contract}/1", lists=True),
    Route("contracts.as_yaml", "GET", MANAGER, "/contracts/{contract}/1.yaml", "/contracts/{contract}/1.yaml"),
    Route(
        "contracts.differences",
        "GET",
        MANAGER,
        "/contracts/{contract}/1/changes?since=1",
        "/contracts/{contract}/1/changes?since=1",
    ),
    Route("contracts.edit_form", "GET", MANAGER, "/contracts/{contract}/1/edit", "/contracts/{contract}/1/edit"),
    Route("contracts.edit", "POST", MANAGER, "/contracts/{contract}/1/edit", "/contracts/{contract}/1/edit"),
    Route("contracts.next_form", "GET", MANAGER, "/contracts/{contract}/1/next", "/contracts/{contract}/1/next"),
    Route("contracts.follow", "POST", MANAGER, "/contracts/{contract}/1/next", "/contracts/{contract}/1/next"),
    Route(
        "contracts.withdraw", "POST", MANAGER, "/contracts/{contract}/1/withdraw", "/contracts/{contract}/1/withdraw"
    ),
    Route("contracts.end", "POST", MANAGER, "/contracts/{contract}/1/end", "/contracts/{contract}/1/end"),
    Route("vendor_log.shown", "GET", MANAGER, "/vendors/log"),
    Route("vendor_log.check", "POST", MANAGER, "/vendors/log"),
    Route("look_ups.listed", "GET", ADMIN, "/settings/look-ups"),
    Route("look_ups.choose", "POST", ADMIN, "/settings/look-ups/mx"),
    Route("settings.uninstall", "POST", ADMIN, "/settings/uninstall"),
)
