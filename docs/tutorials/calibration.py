"""
Calibration
===========

What do the published figures of a case say about parameters? Here one region, two theories and a bank of 1,200 draws,
each simulated once. ``budget=quick`` for all nine cases takes 7,000 draws, ``standard`` 50,000: what follows shows
the steps and is no finding.
"""

# %%
# The plan first: which figures are compared, how many draws, how long.

from PIL import Image

from coprod_abm.experiments.cli import main as coprod

plan = "calibrate case=SE-JKP theories=relational,tokenism draws=1200 budget=quick outside=report out=bank"
coprod([*plan.split(), "--dry-run"])

# %%
# Before anything is fitted, the *prior predictive check*: can the model produce the published figures at all? One
# measure lies outside what it can do: the model's wards are never as overcrowded as the register says. The command
# refuses to go on unless told (``outside=report``), because a fit would bend other parameters to reach it.

coprod([*plan.split(), "stages=bank,prior"])

# %%

# Published figures of the region on what 1,200 prior draws produce
Image.open("bank/figures/prior-SE-JKP.png")

# %%
# Then parameters of this case. The same command goes on from what is there: the bank is not simulated again.

coprod([*plan.split(), "stages=cases"])

# %%
# Each row a parameter: the middle of what is believed after the figures, the ends of its 90 % interval, and the range
# that was declared. An interval that still fills most of what was possible says that the figures told little.

import pandas as pd

import coprod_abm as ca

declared = {key: f"{one.low:g} to {one.high:g}" for key, one in ca.declarations().items() if one.options is None}
table = pd.read_csv("bank/posterior.csv").round(3)
table["declared range"] = table["parameter"].map(declared).fillna("of an instrument")
table

# %%
# The stages left out here (all cases together, checks with known truth, the report) come with the whole command, and
# with it the sentences that say which parameters were identified. What may be concluded: :doc:`../calibration`,
# :doc:`../trust`. The same bank serves to compare theories: :doc:`theory_comparison`.
