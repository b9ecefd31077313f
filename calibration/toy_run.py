"""The runs of the toy, compiled: people who meet a service step by step, each draw named by (seed, person, step)."""

from typing import Any

import numpy as np

from coprod_abm.compiled import kernel, rule, telling
from coprod_abm.draws import four_uniforms

PEOPLE = 400
RELATIONAL, EMPOWERMENT, RESOURCE, OUTSIDER = range(4)
PULL = 4.0  # log odds of coming per unit of what a theory says draws people
STRESSED = 0.5  # share of good encounters that full stress costs
FORGETTING = 0.15  # efficacy lost by a bad encounter, in growths
STEP = 0.3  # stress moves at this share of load and recovery
SPREAD_AT_START = 0.5  # width of the uniform spread of people around the start of their case
TOY_STREAM = 1001


@rule
def comes(theory: int, step: int, benefit: float, trust: float, efficacy: float, stress: float) -> float:
    """The chance that a person comes; a theory says what draws them, the outsider only the season."""
    if theory == RELATIONAL:
        drawn = trust - 0.5
    elif theory == EMPOWERMENT:
        drawn = efficacy - 0.5
    elif theory == RESOURCE:
        drawn = 0.5 - 2.0 * stress
    else:
        drawn = 0.9 if (step // 6) % 2 == 0 else -0.9
    return 1.0 / (1.0 + np.exp(-benefit - PULL * drawn))


@rule
def bounded(value: float) -> float:
    """The value within 0.01 and 0.99."""
    return min(max(value, 0.01), 0.99)


@kernel
def run_people(theta: Any, start: Any, theory: Any, seeds: Any, waves: Any) -> Any:
    """Means and SDs of trust, efficacy, and the mean of stress at each wave (draw, wave, 5)."""
    found = np.zeros((len(theta), len(waves), 5))
    for draw in range(len(theta)):
        gain, loss, growth, benefit, recovery, decay, quality, load = theta[draw]
        for person in range(PEOPLE):
            a, b, _, _ = four_uniforms(seeds[draw], TOY_STREAM, person, 0, 0)
            trust0 = bounded(start[0] + SPREAD_AT_START * (a - 0.5))
            efficacy0 = bounded(start[1] + SPREAD_AT_START * (b - 0.5))
            trust, efficacy, stress, wave = trust0, efficacy0, start[2], 0
            next_u, next_v = 0.0, 0.0
            for step in range(1, waves[-1] + 1):
                if step % 2:
                    u, v, next_u, next_v = four_uniforms(seeds[draw], TOY_STREAM, person, step, 0)
                else:
                    u, v = next_u, next_v
                here = u < comes(theory[draw], step, benefit, trust, efficacy, stress)
                if here and v < quality * (1.0 - STRESSED * stress):
                    trust += gain * (1.0 - trust)
                    efficacy += growth * (1.0 - efficacy)
                elif here:
                    trust -= gain * loss * trust
                    efficacy -= growth * FORGETTING * efficacy
                if here:
                    stress += STEP * load * (1.0 - stress)
                stress = bounded(stress - STEP * recovery * stress)
                trust = bounded(trust + decay * (trust0 - trust))
                efficacy = bounded(efficacy + decay * (efficacy0 - efficacy))
                if step == waves[wave]:
                    add_person(found[draw, wave], trust, efficacy, stress)
                    wave += 1
    settle(found)
    return found


@rule
def add_person(sums: Any, trust: float, efficacy: float, stress: float) -> None:
    """Add one person to the sums of a wave."""
    sums[0] += trust
    sums[1] += trust * trust
    sums[2] += efficacy
    sums[3] += efficacy * efficacy
    sums[4] += stress


@telling
def settle(sums: Any) -> None:
    """Turn sums (draw, wave, 5) into means and SDs."""
    sums /= PEOPLE
    for at in (0, 2):
        sums[:, :, at + 1] = np.sqrt(np.maximum(sums[:, :, at + 1] - sums[:, :, at] ** 2, 0.0))
