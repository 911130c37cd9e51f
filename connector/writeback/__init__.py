"""Our six fields on the CRM's records: what to write (pure), and the writing."""
