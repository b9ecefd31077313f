"""
Your own case
=============

A place of your own is two files: who meets and under which rules, and the figures that were published about it. The
numbers here are invented; 20 runs of each setting stand for the 100 or more of a study.
"""

# %%
# The case: one project with 400 citizens, 25 professionals and 3 leaders, ten of them in the meeting. What is not
# said takes the model's default; what you do not know, write down as an assumption.

from pathlib import Path

Path("CLINIC.yaml").write_text(
    """
id: CLINIC
name: Clinic on the hill
country: SE
level: local
start: 2021
years: 4
groups: [0.70, 0.20, 0.10]
sites:
  - {name: Patient council, level: local, region: JKP, citizens: 400, professionals: 25, leaders: 3,
     citizen_seats: 5, professional_seats: 4, leader_seats: 1}
rules:
  power.agenda_access: 0.4
events:
  - {week: 104, kind: add, parameter: capacity.workload, value: 0.2}
measures: {file: CLINIC.csv}
assumptions:
  - "Assumption: the shares of the groups are the manager's estimate."
""",
    encoding="utf-8",
)

# %%
# The figures: one row for each measure and year, each with a source. Only aggregates belong here, never answers of
# single people.

Path("CLINIC.csv").write_text(
    """case_id,wave,measure,value,unit,n,sd,source,note
CLINIC,2021,trust_health_centre,61.5,percent,412,,own survey 2021,invented
CLINIC,2022,trust_health_centre,64.0,percent,398,,own survey 2022,invented
CLINIC,2023,trust_health_centre,63.1,percent,401,,own survey 2023,invented
CLINIC,2024,trust_health_centre,60.2,percent,377,,own survey 2024,invented
""",
    encoding="utf-8",
)

# %%
# ``coprod cases`` reads both and says what is in them. Where a line is wrong it says which one, what was expected and
# the way out.

from coprod_abm.experiments.cli import main as coprod

coprod(["cases", "CLINIC.yaml"])

# %%
# The case runs like a shipped one.

from PIL import Image

coprod(["run", "case=CLINIC.yaml", "replicates=20", "out=clinic"])

# The clinic's invented figures beside the bands of simulated surveys
Image.open("clinic/figures/instruments_CLINIC.png")

# %%
# From Python the case is an object, and a table of settings gives a table of outcomes. Did the heavier workload from
# week 104 on cost anything? Take the event away and compare, run by run with the same luck.

from dataclasses import replace

import pandas as pd

import coprod_abm as ca

case = ca.load_case("CLINIC.yaml")
calm = replace(case, events=())
weeks = {"heavier from week 104": case, "as before": calm}
rows = {name: ca.simulate(ca.Parameters(), one, replicates=20, seed=1) for name, one in weeks.items()}
last = {name: float(runs["staff_burnout"].isel(week=-1).mean()) for name, runs in rows.items()}
pd.Series(last, name="burnout of staff at the end").to_frame().round(3)

# %%
# All keys of the two files: :doc:`../cases`. What a dated event can be: :doc:`../reference/events`.
