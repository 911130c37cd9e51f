"""The CRM's side of a test: one module per CRM, all by the protocol in side.py."""
