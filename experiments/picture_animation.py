"""Who answers whom over all half-years, moving: a GIF everywhere, and an MP4 beside it where this machine has ffmpeg."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from coprod_abm.experiments.picture_network import frames, network_sheet
from coprod_abm.experiments.picture_style import SCREEN
from coprod_abm.experiments.picture_words import PictureWords
from coprod_abm.experiments.scenario_arms import Arms

PAUSE = 900  # milliseconds of a frame; slow enough to read, far below what may flash
LAST = 4  # pauses of the last frame
EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white"  # most players want even sizes
NO_FFMPEG = "Moving pictures are GIFs alone: ffmpeg, which writes MP4 beside them, is not on this machine."


def keep_animation(found: Arms, words: PictureWords, folder: Path) -> list[Path]:
    """Write the frames of all half-years as an animation that plays once; the files, the GIF first."""
    stills = stills_of(found, words)
    moving = folder / f"network.{words.language}.gif"
    keep_gif(stills, moving)
    film = moving.with_suffix(".mp4")
    return [moving, film] if keep_film(stills, film) else [moving]


def stills_of(found: Arms, words: PictureWords) -> list[Any]:
    """One image for each half-year, all of one size."""
    weeks = frames(found)
    images = []
    for number, until in enumerate(weeks, start=1):
        sheet, _ = network_sheet(found, words, until, words.say("network.frame", number=number, all=len(weeks)))
        sheet.figure.set_dpi(SCREEN * 0.75)
        canvas: Any = sheet.figure.canvas
        canvas.draw()
        images.append(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
    return images


def keep_gif(stills: Sequence[Any], file: Path) -> None:
    """Write a GIF that plays once and stays at its last frame."""
    first, *rest = [still.quantize(colors=48) for still in stills]
    pauses = [PAUSE] * len(rest) + [LAST * PAUSE]
    first.save(file, save_all=True, append_images=rest, duration=pauses, optimize=True)


def keep_film(stills: Sequence[Any], file: Path) -> bool:
    """Write an MP4 with ffmpeg; False, and no file, where there is no ffmpeg or it cannot write one."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return False
    wide, high = stills[0].size
    shown = b"".join(still.tobytes() for still in [*stills, *[stills[-1]] * (LAST - 1)])
    taken = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{wide}x{high}", "-framerate", f"1000/{PAUSE}"]
    made = ["-vf", EVEN, "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(file)]
    command = [ffmpeg, "-y", "-loglevel", "error", *taken, "-i", "-", *made]
    done = subprocess.run(command, input=shown, capture_output=True, check=False)
    if done.returncode:
        file.unlink(missing_ok=True)
    return done.returncode == 0
