"""
A sweep
=======

Many settings at once, one table, figures chosen by the design. Here 10 settings with 20 runs each; 200 runs take some
seconds, a study takes hundreds of settings with 100 runs.
"""

# %%
# Values with commas are a grid: five degrees of access to the agenda, under two decision rules. ``--dry-run`` says
# first what it would take.

from PIL import Image

from coprod_abm.experiments.cli import main as coprod

design = "sweep case=EN-LPFT power.agenda_access=0.1,0.3,0.5,0.7,0.9 power=majority,consensus replicates=20 out=agenda"
coprod([*design.split(), "--dry-run"])

# %%
coprod(design.split())

# %%
# Stopped in the middle, the same command goes on where it was; done, it says so and computes nothing.

coprod(design.split())

# %%
# The figures follow from the design: here how outcomes respond to the one parameter that takes several values.

# Outcomes against access to the agenda, with bands over runs
Image.open("agenda/figures/response_power_agenda_access.png")

# %%
# One row for each setting: inputs, then mean and standard deviation of every outcome over the runs.

import coprod_abm as ca

table = ca.results("agenda")
table[["power", "power.agenda_access", "need_met", "need_met_sd", "tokenism"]].round(3)

# %%
# A small design needs no folder. ``evaluate`` takes points as a table and gives the same rows at once; a measure may
# name its week.

import pandas as pd

points = pd.DataFrame({"power": ["majority", "consensus"], "power.agenda_access": [0.5, 0.5]})
ca.evaluate(points, "EN-LPFT", measures=["citizen_trust@52", "citizen_trust@312"], replicates=20, seed=1).round(3)

# %%
# Latin hypercubes, Sobol sequences, files of points, clusters: :doc:`../sweeps`, :doc:`../scale`. What the folder
# holds, also for DuckDB and R: :doc:`../results`.
