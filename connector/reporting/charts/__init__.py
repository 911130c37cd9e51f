"""The pictures of a report. One specification each (Vega-Lite, made with altair) serves page, PDF and mail; each
comes with the table of the very same numbers and a sentence for who cannot see it.

Colours are CSS variables, which a page sets for light and dark; `Picture.svg` for print fills them in.
"""
