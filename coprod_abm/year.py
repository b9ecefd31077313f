"""The length of a simulated year, which every rule, table and picture shares."""

YEAR = 52  # weeks
