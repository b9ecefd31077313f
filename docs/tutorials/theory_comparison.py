"""
Comparing theories
==================

Do the published figures support one explanation over another, or can they not tell? One region and two theories here,
with a bank of 1,200 draws; the nine cases and seven theories of ``coprod calibrate budget=standard`` are what a study
takes.
"""

# %%
# The bank: parameters drawn from their priors under both theories, simulated once each.

from coprod_abm.experiments.cli import main as coprod

bank = "calibrate case=SE-JKP theories=relational,tokenism draws=1200 budget=quick outside=report out=rivals"
coprod([*bank.split(), "stages=bank,prior"])

# %%
# The comparison. A theory is declared only if it is likely enough, predicts cases that were left out, and shows figures
# like the published ones; else the verdict is *undecided*, and says why.

from pathlib import Path

coprod(["compare", "bank=rivals", "surveys=400", "classifiers=2"])
print(Path("rivals/compare/theories.md").read_text(encoding="utf-8")[:2500])

# %%
from PIL import Image

# Every measure of the region under both theories, with published figures
Image.open("rivals/compare/figures/fit-SE-JKP.png")

# %%
# Which further survey would tell more? Advice simulates surveys that could be held and weighs what each would teach.

coprod(["compare", "advise", "bank=rivals", "surveys=400", "classifiers=2", "number=2", "respondents=400"])
print(Path("rivals/compare/advice.md").read_text(encoding="utf-8")[:2000])

# %%
# By which rule a theory is declared, and how often that errs: :doc:`../theory_comparison`. What the theories claim:
# :doc:`../theories`.
