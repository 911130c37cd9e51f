"""Vendor contracts as files: contracts, deliveries and findings read, statements written, without a connection."""
