"""Use cases, one per file. Each takes what is due from the tables and leaves the tables saying what is due next."""
