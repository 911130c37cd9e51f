"""The same history, held by every CRM of the catalogue and read back: equal findings, or a cause why not."""
