"""
A workshop, from question to report
===================================

A group asks: *what happens to the work, and to people's trust, if the senior leader who backs it leaves?* The model
answers with pictures, a report and slides, and with a page on which the group itself can ask. Twenty simulated
futures here; take 100 for a room.
"""

# %%
# The questions that come with the model. Each has two or more ways to go on.

from coprod_abm.experiments.cli import main as coprod

coprod(["scenarios"])

# %%
# One of them, answered. All ways have the same luck, so that a difference is an effect. *Cannot tell* is an answer too.

coprod(
    ["scenarios", "scenario=sponsor_loss", "case=EN-LPFT", "replicates=20", "language=en", "formats=png", "out=sponsor"]
)

# %%
from PIL import Image

# Citizens' trust over six years for the three ways to go on
Image.open("sponsor/sponsor_loss/figures/fan_member_trust.en.png")

# %%
# The picture to begin a conversation with: which outcomes are better, worse or not to be told apart.

# Each way to go on against the first, outcome by outcome
Image.open("sponsor/sponsor_loss/figures/scorecard.en.png")

# %%
# What people take home: a report that opens in any browser and slides, both in plain words.

coprod(["workshop", "pack", "from=sponsor", "language=en", "out=home"])

# %%
# In the room: ``coprod workshop`` opens a page on which settings can be changed live. For a room without Python the
# page can be a single file, worked out beforehand for the controls that you name.

coprod(["workshop", "export", "controls=leadership.facilitation", "futures=20", "out=room.html"])

# %%
# Questions of your own: :doc:`../scenarios`. Leading a room with the page: :doc:`../workshop`. What may be said of
# results, and what not: :doc:`../limits`.
