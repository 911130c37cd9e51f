"""The words that every part of Lead Assay shares, as frozen values."""
