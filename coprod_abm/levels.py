"""Learning between people and service, between projects, and through codes and support of regions and nations (E11, E17)."""

from typing import Any

import numpy as np

from coprod_abm.arithmetic import held
from coprod_abm.causes import Link
from coprod_abm.compiled import telling
from coprod_abm.draws import (
    NATION_ROLE,
    PROJECT_ROLE,
    REGION_ROLE,
    STREAM,
    draw_name,
    four_uniforms,
    name_of,
    pick,
    uniform,
)
from coprod_abm.rules.leadership import mean_support, recovered_support
from coprod_abm.rules.learning import code_change_chance, majority_view, support_of_place, with_support_above
from coprod_abm.rules.power import stepped_belief
from coprod_abm.service import CITIZEN, FEATURES, GROUPS, ROLES, agreement, goal_fulfilment
from coprod_abm.state import EMPTY

SOCIAL_BLOCKS = (FEATURES + 3) // 4
FROM_ELSEWHERE = ROLES  # origin of a change that came from another project or from a code
REGIONAL, NATIONAL = 1, 2  # levels of projects, and of the places that hold them


@telling
def revise_goals(project: Any) -> None:
    """Work out anew how far each group's needs are met."""
    for group in range(GROUPS):
        project.goal[group] = goal_fulfilment(project.design, project.reality, group)


@telling
def mean_goal(project: Any) -> float:
    """Goal fulfilment over the constituency: groups weighted by their shares."""
    total = 0.0
    for group in range(GROUPS):
        total += project.group_share[group] * project.goal[group]
    return total


@telling
def turning_feature(key: int, role: int, p: Any, seed: int, week: int) -> int:
    """The feature of a place's reality that turns this week, −1 for none; at most one a week."""
    chance = p.learning.turbulence * FEATURES
    if chance <= 0.0:
        return EMPTY
    turns, which, _, _ = four_uniforms(seed, STREAM.turbulence, name_of(key, role, 0), week, 0)
    return pick(which, FEATURES) if turns < chance else EMPTY


@telling
def shift_reality(projects: Any, regions: Any, nations: Any, rules: Any, seed: int, week: int) -> None:
    """Let what works change (turbulence): a nation's or region's change reaches all who share that truth."""
    for n in range(len(nations)):
        feature = turning_feature(nations[n].key, NATION_ROLE, rules[nations[n].governor], seed, week)
        if feature != EMPTY:
            flip_nation(projects, regions, nations, n, feature)
    for r in range(len(regions)):
        feature = turning_feature(regions[r].key, REGION_ROLE, rules[regions[r].governor], seed, week)
        if feature != EMPTY and regions[r].truth[feature] == 0:
            flip_region(projects, regions, r, feature)
    for j in range(len(projects)):
        feature = turning_feature(projects[j].key, PROJECT_ROLE, rules[j], seed, week)
        if feature != EMPTY and projects[j].truth[feature] == 0:
            flip_project(projects[j], feature)


@telling
def flip_project(project: Any, feature: int) -> None:
    """Turn one feature of what works in a project's locality."""
    project.reality[feature] = -project.reality[feature]
    revise_goals(project)


@telling
def flip_nation(projects: Any, regions: Any, nations: Any, n: int, feature: int) -> None:
    """Turn one feature of a nation's reality, and of every region and project that shares it."""
    nations[n].reality[feature] = -nations[n].reality[feature]
    for r in range(len(regions)):
        if regions[r].nation == n and regions[r].truth[feature] == 2:
            flip_region(projects, regions, r, feature)
    for j in range(len(projects)):
        if projects[j].nation == n and projects[j].truth[feature] == 2:
            flip_project(projects[j], feature)


@telling
def flip_region(projects: Any, regions: Any, r: int, feature: int) -> None:
    """Turn one feature of a region's reality, and of every project that shares it."""
    regions[r].reality[feature] = -regions[r].reality[feature]
    for j in range(len(projects)):
        if projects[j].region == r and projects[j].truth[feature] == 1:
            flip_project(projects[j], feature)


@telling
def socialise(person: Any, project: Any, p: Any, seed: int, week: int, lots: Any) -> None:
    """Let a person's beliefs move one step to how the service is run (March's p1); ``lots`` is scratch for the draws."""
    rate = min(1.0, p.learning.socialisation * p.leadership.conformity)
    if rate <= 0.0:
        return
    draw_name(lots, seed, STREAM.socialisation, name_of(project.key, person.role, person.number), week, lots.shape[1])
    for feature in range(FEATURES):
        differs = person.beliefs[feature] != project.design[feature]
        if differs and lots[feature & 3, feature >> 2] < rate:
            person.beliefs[feature] = stepped_belief(person.beliefs[feature], project.design[feature])


@telling
def learn_from_insiders(people: Any, project: Any, p: Any, seed: int, week: int) -> None:
    """Let the service take the view of those of its staff and members who know more than it embodies (March's p2)."""
    if p.learning.organisation_learns <= 0.0:
        return
    ahead = agreement(project.design, project.reality)
    name = name_of(project.key, PROJECT_ROLE, 0)
    views = np.zeros((FEATURES, 2), np.int64)
    for index in range(project.first, project.first + project.citizens + project.professionals + project.leaders):
        person = people[index]
        if (person.role != CITIZEN or person.member) and agreement(person.beliefs, project.reality) > ahead:
            for feature in range(FEATURES):
                if person.beliefs[feature] != 0:
                    views[feature, 0 if person.beliefs[feature] > 0 else 1] += 1
    for feature in range(FEATURES):
        view = majority_view(views[feature, 0], views[feature, 1])
        if view != 0 and view != project.design[feature]:
            lead = abs(views[feature, 0] - views[feature, 1])
            chance = code_change_chance(lead, p.learning.organisation_learns)
            if uniform(seed, STREAM.levels, name, week, feature) < chance:
                project.design[feature] = view
                project.inventor[feature] = project.where
                project.changed_week[feature] = week
    revise_goals(project)


@telling
def take_up(project: Any, design: Any, sources: Any, otherwise: int, feature: int, week: int) -> None:
    """Adopt one feature from elsewhere: it becomes pending, credited to the project in which it started."""
    project.pending[feature] = design[feature]
    project.adopted_week[feature] = week
    project.origin[feature] = FROM_ELSEWHERE
    project.decision[feature] = EMPTY
    project.source[feature] = sources[feature] if sources[feature] != EMPTY else otherwise
    project.adopted[FROM_ELSEWHERE] += 1.0
    project.agreed += 1


@telling
def difference(project: Any, design: Any, lot: float) -> int:
    """One feature, drawn evenly, on which a project differs from a design or code and nothing is pending; −1 for none."""
    found = 0
    for feature in range(FEATURES):
        if design[feature] != 0 and design[feature] != project.design[feature] and project.pending[feature] == 0:
            found += 1
    wanted = pick(lot, found)
    for feature in range(FEATURES):
        if design[feature] != 0 and design[feature] != project.design[feature] and project.pending[feature] == 0:
            if wanted == 0:
                return feature
            wanted -= 1
    return EMPTY


@telling
def learn_from_code(project: Any, code: Any, p: Any, lot: float, which: float, week: int) -> None:
    """Let a sponsored project take up one difference from the code above it."""
    if project.alive == 1 and lot < p.learning.levels_strength * p.learning.code_teaches * project.support:
        feature = difference(project, code.code, which)
        if feature != EMPTY:
            take_up(project, code.code, code.source, EMPTY, feature, week)


@telling
def learn_from_neighbour(projects: Any, where: int, p: Any, seed: int, week: int) -> None:
    """Let a project take up one difference from a better project of its region, or of its nation where it has no region."""
    project = projects[where]
    lot, whom, which, _ = four_uniforms(seed, STREAM.levels, name_of(project.key, PROJECT_ROLE, 0), week, 101)
    if project.alive == 0 or lot >= p.learning.levels_strength * p.learning.between_projects:
        return
    better = 0
    for j in range(len(projects)):
        if is_better_neighbour(projects, j, where):
            better += 1
    wanted = pick(whom, better)
    for j in range(len(projects)):
        if is_better_neighbour(projects, j, where):
            if wanted == 0:
                feature = difference(project, projects[j].design, which)
                if feature != EMPTY:
                    take_up(project, projects[j].design, projects[j].inventor, j, feature, week)
                return
            wanted -= 1


@telling
def is_better_neighbour(projects: Any, other: int, where: int) -> bool:
    """Whether another project of the same region (same nation for national projects) meets needs better."""
    if other == where or projects[other].region != projects[where].region:
        return False
    return projects[other].nation == projects[where].nation and mean_goal(projects[other]) > mean_goal(projects[where])


@telling
def code_quality(place: Any) -> float:
    """How far a code meets needs where it applies, groups weighted alike."""
    total = 0.0
    for group in range(GROUPS):
        total += goal_fulfilment(place.code, place.reality, group) / GROUPS
    return total


@telling
def plain_goal(project: Any) -> float:
    """A project's goal fulfilment with groups weighted alike, comparable with a code's quality."""
    total = 0.0
    for group in range(GROUPS):
        total += project.goal[group] / GROUPS
    return total


@telling
def add_views(views: Any, projects: Any, values: Any, sources: Any, otherwise: int) -> None:
    """Count one voice per feature for or against, and remember where the value started; unknown values have no voice.

    Credit goes to a project that changed to the value and keeps it before one in which it has stood since the start.
    """
    for feature in range(FEATURES):
        if values[feature] == 0:
            continue
        side = 0 if values[feature] > 0 else 1
        started = sources[feature] if sources[feature] != EMPTY else otherwise
        is_change = 1 if projects[started].inventor[feature] == started else 0
        if is_change >= views[feature, 4 + side]:
            views[feature, 2 + side] = started
            views[feature, 4 + side] = is_change
        views[feature, side] += 1


@telling
def region_learns(projects: Any, region: Any, r: int, p: Any, seed: int, week: int) -> None:
    """Let a region's code take the majority view of its projects that do better than it (p2)."""
    quality = code_quality(region)
    views = np.zeros((FEATURES, 6), np.int64)  # for, against, their sources, whether these are changes
    for j in range(len(projects)):
        if projects[j].region == r and plain_goal(projects[j]) > quality:
            add_views(views, projects, projects[j].design, projects[j].inventor, j)
    revise_code(region, views, p, seed, name_of(region.key, REGION_ROLE, 0), week)


@telling
def nation_learns(projects: Any, regions: Any, nation: Any, n: int, p: Any, seed: int, week: int) -> None:
    """Let a nation's code take the majority view of better regional codes and national projects (p2)."""
    quality = code_quality(nation)
    views = np.zeros((FEATURES, 6), np.int64)
    for r in range(len(regions)):
        if regions[r].nation == n and code_quality(regions[r]) > quality:
            add_views(views, projects, regions[r].code, regions[r].source, EMPTY)
    for j in range(len(projects)):
        if projects[j].nation == n and projects[j].level == 2 and plain_goal(projects[j]) > quality:
            add_views(views, projects, projects[j].design, projects[j].inventor, j)
    revise_code(nation, views, p, seed, name_of(nation.key, NATION_ROLE, 0), week)


@telling
def revise_code(place: Any, views: Any, p: Any, seed: int, name: int, week: int) -> None:
    """Move each feature of a code to the majority view with probability 1 − (1−p2)^lead."""
    for feature in range(FEATURES):
        view = majority_view(views[feature, 0], views[feature, 1])
        if view == 0 or view == place.code[feature]:
            continue
        lead = abs(views[feature, 0] - views[feature, 1])
        chance = code_change_chance(lead, p.learning.levels_strength * p.learning.code_learns)
        if uniform(seed, STREAM.levels, name, week, feature) < chance:
            place.code[feature] = view
            place.source[feature] = views[feature, 2] if view > 0 else views[feature, 3]


@telling
def region_takes_up(region: Any, nation: Any, p: Any, seed: int, week: int) -> None:
    """Let a region that supports its projects take one difference from the nation's code into its own (p1)."""
    lot, which, _, _ = four_uniforms(seed, STREAM.levels, name_of(region.key, REGION_ROLE, 0), week, 102)
    if lot >= p.learning.levels_strength * p.learning.code_teaches * region.support:
        return
    feature = pick(which, FEATURES)
    if nation.code[feature] != 0 and nation.code[feature] != region.code[feature]:
        region.code[feature] = nation.code[feature]
        region.source[feature] = nation.source[feature]


@telling
def established_support(p: Any) -> float:
    """The support that an established sponsor gives, none where the role does not exist; the usual one where it is held."""
    lead = p.leadership
    usual = mean_support(
        lead.support, lead.sponsor_loss, lead.sponsor_remainder, lead.support_recovery, lead.sponsor_replacement
    )
    return held(lead.support * lead.sponsor, usual, lead.sponsor_strength)


@telling
def support_level(project: Any, p: Any) -> float:
    """The level towards which support recovers: an established sponsor's, in part that of the place above (E17).

    Nothing where the role does not exist: support from above comes through a sponsor.
    """
    share = p.learning.levels_strength * p.learning.support_from_above
    return p.leadership.sponsor * with_support_above(p.leadership.support, project.support_above, share)


@telling
def lies_in(project: Any, number: int, level: int) -> bool:
    """Whether a project lies in the region (level 1) or nation (level 2) of this number."""
    return project.nation == number if level == NATIONAL else project.region == number


@telling
def sponsors_of(projects: Any, rules: Any, number: int, level: int) -> float:
    """Support by the sponsors of a place's own projects; where it has none, what those below are established at."""
    support = established = 0.0
    own = inside = 0
    for j in range(len(projects)):
        if lies_in(projects[j], number, level):
            inside += 1
            established += established_support(rules[j])
            if projects[j].level == level and projects[j].alive == 1:
                own += 1
                support += projects[j].support
    return support / own if own > 0 else established / max(1, inside)


@telling
def success_in(projects: Any, number: int, level: int) -> float:
    """Share of promises that a place's projects keep, all that are alive alike; half where there is none."""
    kept = 0.0
    inside = 0
    for j in range(len(projects)):
        if lies_in(projects[j], number, level) and projects[j].alive == 1:
            inside += 1
            kept += projects[j].delivery
    return kept / inside if inside > 0 else 0.5


@telling
def hear_support(project: Any, regions: Any, nations: Any) -> None:
    """Let a project's sponsor hear how far the place above supports projects: its region, or its nation without one."""
    if project.region >= 0:
        project.support_above = regions[project.region].support
    else:
        project.support_above = nations[project.nation].support


@telling
def begin_support(projects: Any, regions: Any, nations: Any, rules: Any) -> None:
    """Set the support of every region and nation to that of its sponsors at the start, and let all projects hear it."""
    for r in range(len(regions)):
        regions[r].support = sponsors_of(projects, rules, r, REGIONAL)
    for n in range(len(nations)):
        nations[n].support = sponsors_of(projects, rules, n, NATIONAL)
    for j in range(len(projects)):
        hear_support(projects[j], regions, nations)


@telling
def move_support(projects: Any, regions: Any, nations: Any, rules: Any) -> None:
    """A month of support: projects hear their place above, regions and nations follow sponsors, success and one another.

    Everyone answers to last month's support, so that news takes a month for each level that it passes (E17).
    """
    for j in range(len(projects)):
        hear_support(projects[j], regions, nations)
    for r in range(len(regions)):
        p = rules[regions[r].governor]
        own = own_support(projects, rules, r, REGIONAL, p)
        share = p.learning.levels_strength * p.learning.support_from_above
        level = with_support_above(own, nations[regions[r].nation].support, share)
        regions[r].support = recovered_support(regions[r].support, level, p.learning.support_rate)
    for n in range(len(nations)):
        p = rules[nations[n].governor]
        own = own_support(projects, rules, n, NATIONAL, p)
        nations[n].support = recovered_support(nations[n].support, own, p.learning.support_rate)


@telling
def own_support(projects: Any, rules: Any, number: int, level: int, p: Any) -> float:
    """The support that a place comes to from its own sponsors and from what it sees of its projects."""
    sponsors = sponsors_of(projects, rules, number, level)
    gain = p.learning.levels_strength * p.learning.support_from_success
    return support_of_place(sponsors, success_in(projects, number, level), gain)


@telling
def learn_between_levels(projects: Any, regions: Any, nations: Any, rules: Any, seed: int, week: int) -> None:
    """A month's learning between projects, regions and nations (E17)."""
    for r in range(len(regions)):
        region_learns(projects, regions[r], r, rules[regions[r].governor], seed, week)
    for n in range(len(nations)):
        nation_learns(projects, regions, nations[n], n, rules[nations[n].governor], seed, week)
    for r in range(len(regions)):
        region_takes_up(regions[r], nations[regions[r].nation], rules[regions[r].governor], seed, week)
    for j in range(len(projects)):
        project = projects[j]
        own = rules[j]
        lot, which, _, _ = four_uniforms(seed, STREAM.levels, name_of(project.key, PROJECT_ROLE, 0), week, 100)
        if project.region >= 0:
            learn_from_code(project, regions[project.region], own, lot, which, week)
        else:
            learn_from_code(project, nations[project.nation], own, lot, which, week)
        learn_from_neighbour(projects, j, own, seed, week)
    move_support(projects, regions, nations, rules)


LINKS = (
    Link("code", "adopted changes", +1, "learn_from_code.code"),
    Link("sponsor support", "adopted changes", +1, "learn_from_code.project"),
)
