"""
Your own rule
=============

Three ways to change what people do, from the least to the most: another number, a style in a file of numbers, and a
rule in Python. Ten runs and one seed are enough to see that each acts, and too few to say how much.
"""

# %%
# A number
# --------
#
# Every parameter is declared with a range, a unit and a source. A value outside its range is refused, with the way out.

import coprod_abm as ca

params = ca.Parameters().replace({"leadership.facilitation": 0.8})
try:
    params.replace({"leadership.facilitation": 1.8})
except ca.ParameterError as refusal:
    print(refusal)

# %%
# A style
# -------
#
# A preset is a file of numbers. Named by ``--config-dir``, a folder of yours stands beside the shipped ones.

from pathlib import Path

import pandas as pd

from coprod_abm.experiments.cli import main as coprod

Path("mine/leadership").mkdir(parents=True)
Path("mine/leadership/coaching.yaml").write_text(
    "# Coaching: a skilled facilitator in every meeting. An example; the numbers are assumptions.\n"
    "facilitation: 0.8\nfacilitator: 1.0\npersuasion: 0.3\n",
    encoding="utf-8",
)
usual = "run case=EN-LPFT replicates=10 figures=false"
coprod(f"{usual} out=usual".split())
coprod(f"{usual} --config-dir mine leadership=coaching out=coached".split())

means = {name: pd.read_parquet(f"{name}/tables/runs.parquet").mean(numeric_only=True) for name in ("usual", "coached")}
pd.DataFrame(means).loc[["voice_share", "safety", "member_efficacy"]].round(3)

# %%
# A rule
# ------
#
# The same model also exists as a Mesa model of plain Python classes. There a rule of your own can be tried before it
# touches any file of the project. Suppose that satisfaction fades towards the middle where nothing renews it.


def faded(satisfaction: float, rate: float) -> float:
    """Satisfaction a month later."""
    return satisfaction + rate * (0.5 - satisfaction)


class Fading(ca.CoproductionModel):
    """The model in which citizens' satisfaction fades every fourth week."""

    def step(self) -> None:
        """One week, and in every fourth the rule."""
        super().step()
        if self.week % 4 == 0:
            for person in self.people:
                person.satisfaction = faded(person.satisfaction, 0.2)


distance = {}
for kind in (ca.CoproductionModel, Fading):
    model = kind(ca.Parameters(), "EN-LPFT", seed=1)
    for _ in range(26):
        model.step()
    distance[kind.__name__] = sum(abs(person.satisfaction - 0.5) for person in model.people) / len(model.people)
distance = pd.Series(distance, name="mean distance from the middle after half a year")
distance.to_frame().round(3)

# %%
# Once it is worth keeping, the rule moves into its family's file, so that the fast engine has it too and every study
# can vary it: :doc:`../extending` does this with the same rule, step by step, with its parameter, its test and its
# place in the week.
