"""Deliveries held against vendors' contracts. The law stands in docs/contracts.md; everything in here is pure."""
