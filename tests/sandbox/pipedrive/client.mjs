// The official client of Pipedrive, pointed at the sandbox. Reads its task as JSON from stdin, writes what it saw.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const task = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(`${process.env.WITNESS_FOLDER}/package.json`);
const v1 = require("pipedrive/v1");
const v2 = require("pipedrive/v2");

const seen = {};

const oauth = new v2.OAuth2Configuration({
  clientId: task.client_id,
  clientSecret: task.client_secret,
  redirectUri: task.redirect_uri,
  host: task.base_url,
});
const first = await oauth.authorize(task.code);
const second = await oauth.tokenRefresh();
oauth.updateToken(second);
seen.tokens = {
  expires_in: first.expires_in,
  api_domain: first.api_domain,
  keeps_refresh_token: first.refresh_token === second.refresh_token,
  has_new_access_token: first.access_token !== second.access_token,
};

const old = new v1.Configuration({ accessToken: oauth.getAccessToken, basePath: `${second.api_domain}/api/v1` });
const now = new v2.Configuration({ accessToken: oauth.getAccessToken, basePath: oauth.basePath });

// Version 1: what is read.
const users = new v1.UsersApi(old);
const leads = new v1.LeadsApi(old);
seen.me = (await users.getCurrentUser()).data;
seen.users = (await users.getUsers()).data.length;
seen.leads = [];
for (let start = 0; start !== undefined; ) {
  const page = await leads.getLeads({ start, limit: 1, sort: "update_time ASC" });
  seen.leads.push(...page.data.map((lead) => lead.id));
  start = page.additional_data.pagination.next_start;
}
seen.lead = (await leads.getLead({ id: task.lead_id })).data;
seen.archived = (await leads.getArchivedLeads({})).data.length;
seen.lead_sources = (await new v1.LeadSourcesApi(old).getLeadSources()).data.length;
seen.lead_labels = (await new v1.LeadLabelsApi(old).getLeadLabels()).data.length;
seen.activity_types = (await new v1.ActivityTypesApi(old).getActivityTypes()).data.map((one) => one.key_string);
seen.call_logs = (await new v1.CallLogsApi(old).getUserCallLogs({ limit: 50 })).data.length;
seen.mails = (await new v1.PersonsApi(old).getPersonMailMessages({ id: task.person_id, include_body: 1 })).data;

// Version 2: what is read.
const deals = new v2.DealsApi(now);
const persons = new v2.PersonsApi(now);
const activities = new v2.ActivitiesApi(now);
seen.deals = [];
for (let cursor = undefined; cursor !== null; ) {
  const page = await deals.getDeals({ limit: 1, cursor, sort_by: "update_time", sort_direction: "asc" });
  seen.deals.push(...page.data.map((deal) => deal.id));
  cursor = page.additional_data.next_cursor;
}
seen.person = (await persons.getPerson({ id: task.person_id, include_fields: "activities_count" })).data;
seen.organizations = (await new v2.OrganizationsApi(now).getOrganizations({})).data.length;
seen.activities = (await activities.getActivities({ lead_id: task.lead_id, done: true })).data.map((one) => one.id);
seen.stages = (await new v2.StagesApi(now).getStages({})).data.length;
seen.pipelines = (await new v2.PipelinesApi(now).getPipelines({})).data.length;

// Fields, then values in them: nested for deals and persons, at the root for leads.
const dealFields = new v2.DealFieldsApi(now);
const verdict = (
  await dealFields.addDealField({
    AddDealFieldRequest: {
      field_name: "[LA] Verdict",
      field_type: "enum",
      options: [{ label: "plausible" }, { label: "suspect" }],
      ui_visibility: { add_visible_flag: false, details_visible_flag: true },
    },
  })
).data;
seen.verdict = verdict;
const added = (
  await dealFields.addDealFieldOptions({
    field_code: verdict.field_code,
    AddDealFieldOptionsRequestInner: [{ label: "unclear" }],
  })
).data;
await dealFields.updateDealFieldOptions({
  field_code: verdict.field_code,
  UpdateDealFieldOptionsRequestInner: [{ id: added[0].id, label: "doubtful" }],
});
await dealFields.updateDealField({
  field_code: verdict.field_code,
  UpdateDealFieldRequest: { field_name: "[LA] Lead verdict" },
});
seen.field = (await dealFields.getDealField({ field_code: verdict.field_code })).data;
const reason = (
  await new v2.PersonFieldsApi(now).addPersonField({
    AddPersonFieldRequest: { field_name: "[LA] Reason", field_type: "varchar" },
  })
).data;
seen.deal = (
  await deals.updateDeal({
    id: task.deal_id,
    UpdateDealRequest: { custom_fields: { [verdict.field_code]: verdict.options[1].id } },
  })
).data;
seen.changed_person = (
  await persons.updatePerson({
    id: task.person_id,
    UpdatePersonRequest: { custom_fields: { [reason.field_code]: "disposable address" } },
  })
).data;
seen.changed_lead = (
  await leads.updateLead({ id: task.lead_id, UpdateLeadRequest: { [verdict.field_code]: verdict.options[0].id } })
).data;
seen.lead_fields = (await new v1.LeadFieldsApi(old).getLeadFields({ limit: 500 })).data.map((field) => field.key);

// A task, a note, the past.
seen.task = (
  await activities.addActivity({
    AddActivityRequest: {
      subject: "Call back",
      type: "task",
      due_date: "2026-11-25",
      lead_id: task.lead_id,
      participants: [{ person_id: task.person_id, primary: true }],
      done: false,
    },
  })
).data;
const notes = new v1.NotesApi(old);
seen.note = (await notes.addNote({ AddNoteRequest: { content: "<p>x</p>", lead_id: task.lead_id } })).data;
seen.notes = (await notes.getNotes({ lead_id: task.lead_id })).data.length;
const past = new v1.DealsApi(old);
seen.changelog = (await past.getDealChangelog({ id: task.deal_id })).data;
seen.flow = (await past.getDealUpdates({ id: task.deal_id, all_changes: "1" })).data.map((entry) => entry.object);

// Webhooks.
const webhooks = new v1.WebhooksApi(old);
const hook = (
  await webhooks.addWebhook({
    AddWebhookRequest: {
      subscription_url: task.hook_url,
      event_action: "change",
      event_object: "deal",
      name: "ours",
      http_auth_user: "user",
      http_auth_password: "password",
      version: "2.0",
    },
  })
).data;
await deals.updateDeal({ id: task.deal_id, UpdateDealRequest: { title: "Heard" } });
for (let tries = 0; tries < 100; tries += 1) {
  seen.hook = (await webhooks.getWebhooks()).data[0];
  if (seen.hook.last_http_status !== null) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
await webhooks.deleteWebhook({ id: hook.id });
seen.hooks_left = (await webhooks.getWebhooks()).data.length;

// A lead becomes a deal in a job.
const v2Leads = new (v2.LeadsApi ?? v2.BetaApi)(now);
const job = (await v2Leads.convertLeadToDeal({ id: task.lead_id, ConvertLeadToDealRequest: {} })).data;
for (let tries = 0; tries < 100; tries += 1) {
  seen.conversion = (
    await v2Leads.getLeadConversionStatus({ id: task.lead_id, conversion_id: job.conversion_id })
  ).data;
  if (seen.conversion.status === "completed") break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}

// Refusals come as the API words them.
seen.refusal = await deals.getDeal({ id: 999999 }).catch((error) => error);
await oauth.revokeToken("refresh_token");
seen.after_revocation = await deals.getDeals({}).catch((error) => error);

process.stdout.write(JSON.stringify(seen));
