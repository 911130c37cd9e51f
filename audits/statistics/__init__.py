"""Figures with what they are worth: every rate and median with its n and a 95 % interval, or "not enough data".

Pure. Floats are rounded to DIGITS where they leave, so that equal input gives equal bytes on every machine.
"""
