"""Rules that see through what only looks like work: nothing of it resets a clock, and here it is said."""
