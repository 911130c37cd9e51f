"""Who is the same person: across leads, contacts, sources and vendors, with the weight of every field.

`whole_pass.find_duplicates` looks at a whole list, `whole_pass.link` joins two, `matcher.Matcher` looks one new
record up among many. All three read the same normal forms (`forms`, `table`), meet only those who share a key
(`keys`), compare them alike (`compare`), weigh by one model (`model`) and obey the same guards (`guards`).
"""
