"""Audits on files: the exports of any CRM, read by a map and judged by a policy, without a connection."""
