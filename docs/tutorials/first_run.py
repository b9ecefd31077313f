"""
First run
=========

Simulate one local project for six years, look at what a survey of its people would show beside what was published,
and change one rule.

Here each setting is simulated 20 times. For results to report take the usual 100 or more: bands are then steadier.
"""

# %%
# On the command line this is ``coprod run case=EN-LPFT replicates=20 out=first``. From Python, or in a notebook, the
# same command is a function that takes the same words. It returns 0 when all went well.

from PIL import Image

from coprod_abm.experiments.cli import main as coprod

coprod(["run", "case=EN-LPFT", "replicates=20", "out=first"])

# %%
# Dots are published figures of a real organisation, the band holds 90 % of what the same survey would show of the
# simulated people, and the first figure of each measure sets its level. Ask of such a picture: does the band move as
# the dots do, and how wide is it?

# Published figures beside the bands of simulated surveys, one panel for each measure
Image.open("first/figures/instruments_EN-LPFT.png")

# %%
# The three perspectives over time: whether needs are met, how the project works, and what is learned.

# Outcomes over six years in three perspectives, with bands over 20 runs
Image.open("first/figures/perspectives_EN-LPFT.png")

# %%
# Everything that is drawn lies in tables as well, and ``config.yaml`` and ``provenance.json`` beside them say how it
# was made.

import pandas as pd

runs = pd.read_parquet("first/tables/runs.parquet")
runs[["need_met", "voice_share", "citizen_trust", "staff_burnout"]].describe().loc[["mean", "std"]].round(3)

# %%
# Now one rule differs: a proposal passes by consensus and no longer as it does by default. The seed is the same, so
# that every draw of luck that means the same thing is the same too: differences between runs with one number are the
# rule's.

coprod(["run", "case=EN-LPFT", "replicates=20", "power=consensus", "figures=false", "out=consensus"])
consensus = pd.read_parquet("consensus/tables/runs.parquet")

shown = ["changes_implemented", "need_met", "citizen_trust"]
difference = consensus[shown] - runs[shown]
pd.DataFrame({"mean difference": difference.mean(), "SD of differences": difference.std()}).round(3)

# %%
# A mean that is less than about twice its SD over the square root of 20 may be luck. ``coprod scenarios`` makes this
# comparison for you and says in words what can be told (:doc:`workshop`).
#
# What every key means: :doc:`../running`. What the rules are: :doc:`../families`.
