"""
Sensitivity
===========

Which mechanisms drive which outcome, and how surely? First a screening of two rule families, then shares of variance
of three parameters. Samples are far smaller than a finding needs: the intervals below say so themselves.
"""

# %%
# Screening
# ---------
#
# Morris steps through the ranges of whole families. Six trajectories with four runs of each point are 96 runs; 40
# trajectories are usual. *Only noise* means: not told apart from luck, whose own size the dummy shows.

from PIL import Image

from coprod_abm.experiments.cli import main as coprod

coprod(["sensitivity", "method=morris", "free=trust,power", "case=reference", "n=6", "replicates=4", "out=screening"])

# %%

# Mean effect of each family on each outcome, with the effect of a dummy that does nothing
Image.open("screening/figures/map_morris.png")

# %%
# Shares of variance
# ------------------
#
# Sobol indices say what share of an outcome's variance a parameter accounts for, alone (S1) and with all its
# interactions (ST).

free = "free=[power.agenda_access,trust.gain,capacity.workload]"
outcomes = "measures=need_met,citizen_trust"
coprod(["sensitivity", free, outcomes, "case=reference", "n=32", "replicates=4", "out=shares"])

# %%

# Total and first-order shares of variance with their intervals
Image.open("shares/figures/bars_sobol_REFERENCE_local.png")

# %%
# Where an interval holds half of the scale, the sample was too small: ``tolerance=0.1 budget=500000`` lets the sample
# grow until it is not, or until the budget is spent. The report in words:

from pathlib import Path

print(Path("shares/report.md").read_text(encoding="utf-8")[:1500])

# %%
# Methods, traps and what noise does: :doc:`../sensitivity`. From "which" to "where": :doc:`../discovery`.
