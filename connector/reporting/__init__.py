"""Everything between the stored rows and a report, for pages, files, mail and replay alike."""
