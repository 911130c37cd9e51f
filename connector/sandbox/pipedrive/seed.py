"""Bulk-load a population into one company, without webhooks and without lines in the log of writes.

The document speaks Pipedrive's own words. Every list may be missing; the lists are read in the order given here.

    {"company_id": 7000101,
     "users":         [{"ref", "id"?, "name", "email", "is_admin"?, "active_flag"?, "timezone_name"?, "created"?}],
     "activity_types": [{"ref"?, "name", "key_string", "icon_key"?, "active_flag"?, "order_nr"?}],
     "lead_labels":   [{"ref", "id"?, "name", "color"?}],
     "pipelines":     [{"ref", "id"?, "name"}],
     "stages":        [{"ref", "id"?, "name", "pipeline_id", "order_nr"?, "deal_probability"?}],
     "fields":        [{"ref", "entity": "deal" | "person", "field_name", "field_type", "field_code"?,
                        "options"?: [{"label"}]}],
     "organizations": [{"ref", "id"?, "name", "owner_id"?, "add_time"?, "update_time"?, "is_deleted"?}],
     "persons":       [{"ref", "id"?, "name", "owner_id"?, "org_id"?, "emails"?: [{"value", "primary"?, "label"?}],
                        "phones"?: [{"value", "primary"?, "label"?}], "marketing_status"?, "label_ids"?,
                        "visible_to"?, "custom_fields"?, "add_time"?, "update_time"?, "is_deleted"?}],
     "leads":         [{"ref", "id"?, "title", "owner_id"?, "creator_id"?, "person_id"?, "organization_id"?,
                        "label_ids"?, "value"?: {"amount", "currency"}, "source_name"?, "origin"?, "origin_id"?,
                        "channel"?, "channel_id"?, "was_seen"?, "expected_close_date"?, "visible_to"?,
                        "is_archived"?, "archive_time"?, "custom_fields"?, "add_time"?, "update_time"?,
                        "is_deleted"?}],
     "deals":         [{"ref", "id"?, "title", "owner_id"?, "creator_user_id"?, "person_id"?, "org_id"?,
                        "pipeline_id"?, "stage_id"?, "stage_change_time"?, "status"?: "open" | "won" | "lost",
                        "value"?, "currency"?, "won_time"?, "lost_time"?, "close_time"?, "lost_reason"?,
                        "probability"?, "expected_close_date"?, "origin"?, "origin_id"?, "channel"?, "channel_id"?,
                        "source_lead_id"?, "label_ids"?, "visible_to"?, "is_archived"?, "archive_time"?,
                        "custom_fields"?, "add_time"?, "update_time"?, "is_deleted"?}],
     "activities":    [{"ref"?, "id"?, "subject", "type", "owner_id"?, "creator_user_id"?, "done"?,
                        "marked_as_done_time"?, "due_date"?, "due_time"?, "duration"?, "deal_id"?, "lead_id"?,
                        "person_id"?, "org_id"?, "note"?, "outcome"?, "priority"?, "add_time"?, "update_time"?,
                        "is_deleted"?}],
     "call_logs":     [{"ref"?, "id"?, "user_id", "activity_id"?, "deal_id"?, "lead_id"?, "person_id"?, "org_id"?,
                        "outcome", "duration"?, "subject"?, "from_phone_number"?, "to_phone_number", "start_time",
                        "end_time", "note"?}],
     "mail_messages": [{"ref"?, "id"?, "user_id", "person_id"?, "deal_id"?, "from": [{"email_address", "name"?}],
                        "to": [...], "cc"?: [...], "subject"?, "snippet"?, "body"?, "sent_flag", "message_time",
                        "sent_from_pipedrive_flag"?, "smart_bcc_flag"?, "mail_tracking_status"?}],
     "notes":         [{"ref"?, "id"?, "content", "user_id"?, "lead_id"?, "deal_id"?, "person_id"?, "org_id"?,
                        "add_time"?, "update_time"?}],
     "changelog":     [{"entity": "deal" | "person", "id", "field_key", "old_value"?, "new_value", "time",
                        "actor_user_id"?, "change_source"?: "app" | "api", "is_bulk_update_flag"?}]}

Moments (`*_time`, `time`, `created`) are epoch milliseconds or ISO-8601 texts and may lie in the past; a missing
`add_time` is now, a missing `update_time` the `add_time`. `due_date` and `expected_close_date` are `YYYY-MM-DD`,
`due_time` and `duration` `HH:MM`, all in UTC. `duration` of a call log is seconds.

`{"ref": name}` may stand wherever an id of this document stands (users, labels, stages, records, in `label_ids` too,
and in `old_value` and `new_value` of the changelog). `custom_fields` is `{field: value}` with the `ref` or the
field_code of a field; deal fields serve leads too. The value of an enum is an option's label or id, of a set a list
of them. A changelog's `field_key` may be such a `ref`, too. An unknown key is refused by name.

The answer: `{"users": {ref: id}, "records": {ref: id}, "fields": {ref: field_code}, "count": n}`, ids as the API
shows them (numbers, but for leads and lead labels: UUIDs).
"""
