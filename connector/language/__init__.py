"""Everything said to a person, in his language: catalogs, and how his locale writes numbers, dates and lists."""
