"""Everything with I/O: the CRM port and its adapters, storage, jobs, pages, and the command line."""
