"""A CRM to try things out on that speaks Pipedrive's dialect, on loopback only."""
