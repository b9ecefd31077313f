// Pictures from what was worked out beforehand: bands of grid points, weighed between them, and differences paired run by run.

import { boot, say, presetName } from "./words.js";
import { presetOf } from "./state.js";

const NO_VALUE = 65535;
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];
const NO_DIFFERENCE = 2; // steps of the stored numbers that are rounding and no difference

export function offlineSource(listener) {
  const tables = unpacked(boot.offline);
  let number = 0;
  return {
    ask(request, state) {
      number += 1;
      const places = ["a", "b"].map((arm) => cornersOf(boot.offline, state, arm));
      const missing = places.flat().find((one) => boot.offline.missing.includes(one.point));
      const told = boot.offline.axes.filter((axis) => axis.kind === "preset").map((axis) => presetName(axis.key, presetOf(state, "b", axis.key)));
      if (missing) listener.trouble({ error: "pair", first: told[0], second: told.slice(1).join(", ") });
      else listener.drawn(pictureOf(boot.offline, tables, places, state.outcome), number);
      return number;
    },
  };
}

function unpacked(pack) {
  const read = (table) => ({ quantiles: numbers(table.quantiles), ends: numbers(table.ends) });
  const a = read(pack.tables.a);
  return { a, b: pack.tables.b ? read(pack.tables.b) : a };
}

function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

// The grid points around a setting with their weights: one where the setting lies on the grid.
export function cornersOf(pack, state, arm) {
  let corners = [{ point: 0, weight: 1 }];
  for (const axis of pack.axes) {
    const near = axis.kind === "preset" ? [[axis.points.indexOf(presetOf(state, arm, axis.key)), 1]] : around(axis.points, state[arm].values[axis.key]);
    corners = corners.flatMap((one) => near.map(([place, weight]) => ({ point: one.point * axis.points.length + place, weight: one.weight * weight })));
  }
  return corners;
}

function around(points, value) {
  const held = Math.min(Math.max(value ?? points[0], points[0]), points.at(-1));
  const place = Math.min(points.findLastIndex((one) => one <= held + 1e-9), points.length - 2);
  const share = (held - points[place]) / (points[place + 1] - points[place]);
  if (share < 1e-6) return [[place, 1]];
  if (share > 1 - 1e-6) return [[place + 1, 1]];
  return [[place, 1 - share], [place + 1, share]];
}

function pictureOf(pack, tables, [a, b], outcome) {
  const bandsOfArm = (table, corners, name) => QUANTILES.map((_, q) => pack.weeks.map((_week, stop) => weighed(pack, table, corners, name, q, stop)));
  const both = (name) => ({ a: bandsOfArm(tables.a, a, name), b: bandsOfArm(tables.b, b, name) });
  const drawn = both(outcome);
  const shares = Object.fromEntries(["seat_share", "voice_share", "influence_share"].map((name) => [name, both(name)]));
  const end = Object.fromEntries(pack.outcomes.map((name) => [name, endOf(pack, tables, a, b, name)]));
  const yearly = pack.years.map((_, year) => paired(pack, tables, a, b, outcome, year).q);
  return {
    n: pack.replicates, futures: pack.replicates, weeks: pack.weeks, outcome, ...drawn, shares, end,
    difference: QUANTILES.map((_, q) => filled(pack, yearly.map((row) => row[q]))),
    in_force: { a: null, b: null }, interpolated: a.length > 1 || b.length > 1,
  };
}

function weighed(pack, table, corners, name, q, stop) {
  const place = pack.outcomes.indexOf(name);
  let sum = 0;
  for (const { point, weight } of corners) {
    const stored = table.quantiles[((place * pack.points + point) * QUANTILES.length + q) * pack.weeks.length + stop];
    if (stored === NO_VALUE) return null;
    sum += weight * valueOf(pack, place, stored);
  }
  return sum;
}

function valueOf(pack, place, stored) {
  return pack.scale[place].low + stored * pack.scale[place].step;
}

// Values between the turns of the years, where differences are kept, on the straight line.
function filled(pack, yearly) {
  return pack.weeks.map((week) => {
    const next = pack.years.findIndex((year) => pack.weeks[year] >= week);
    const to = pack.weeks[pack.years[next]];
    if (to === week || next === 0) return yearly[next];
    const from = pack.weeks[pack.years[next - 1]];
    if (yearly[next] === null || yearly[next - 1] === null) return null;
    return yearly[next - 1] + ((yearly[next] - yearly[next - 1]) * (week - from)) / (to - from);
  });
}

// Differences of runs with the same luck, at the turn of a year: for each pair of grid points, then weighed.
function paired(pack, tables, a, b, name, year) {
  const place = pack.outcomes.indexOf(name);
  const found = { q: [0, 0, 0, 0, 0], mean: 0, spread: 0, up: 0, down: 0, before: 0, pairs: Infinity };
  for (const one of a) {
    for (const other of b) {
      const part = differencesOf(pack, tables, one.point, other.point, place, year);
      if (!part.gaps.length) return { ...found, q: [null, null, null, null, null], pairs: 0 };
      add(found, part, one.weight * other.weight);
    }
  }
  return found;
}

function differencesOf(pack, tables, first, second, place, year) {
  const at = (point) => ((place * pack.points + point) * pack.years.length + year) * pack.replicates;
  const gaps = [];
  let before = 0;
  for (let run = 0; run < pack.replicates; run += 1) {
    const from = tables.a.ends[at(first) + run];
    const to = tables.b.ends[at(second) + run];
    if (from === NO_VALUE || to === NO_VALUE) continue;
    gaps.push((Math.abs(to - from) < NO_DIFFERENCE ? 0 : to - from) * pack.scale[place].step);
    before += valueOf(pack, place, from);
  }
  return { gaps, before: before / Math.max(gaps.length, 1) };
}

function add(found, part, weight) {
  const sorted = Float64Array.from(part.gaps).sort();
  const count = sorted.length;
  const mean = sorted.reduce((sum, one) => sum + one, 0) / count;
  const square = sorted.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  QUANTILES.forEach((share, q) => { found.q[q] += weight * quantile(sorted, share); });
  found.mean += weight * mean;
  found.spread += weight * (count > 1 ? Math.sqrt(square / (count - 1)) / Math.sqrt(count) : 0);
  found.up += weight * (sorted.filter((one) => one > 0).length / count);
  found.down += weight * (sorted.filter((one) => one < 0).length / count);
  found.before += weight * part.before;
  found.pairs = Math.min(found.pairs, count);
}

function quantile(sorted, share) {
  const where = share * (sorted.length - 1);
  const low = Math.floor(where);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (where - low) * (sorted[high] - sorted[low]);
}

function endOf(pack, tables, a, b, name) {
  const last = pack.weeks.length - 1;
  const middle = (table, corners) => QUANTILES.map((_, q) => weighed(pack, table, corners, name, q, last));
  const gap = paired(pack, tables, a, b, name, pack.years.length - 1);
  const down = boot.choices.outcomes[name].direction < 0;
  return {
    a: middle(tables.a, a), b: middle(tables.b, b), difference: gap.q, pairs: gap.pairs,
    better: gap.pairs ? (down ? gap.down : gap.up) : null, worse: gap.pairs ? (down ? gap.up : gap.down) : null,
    verdict: gap.pairs > 2 ? verdictOf(pack, name, gap) : "cannot tell",
  };
}

// The same rule as for the live model; what is worth telling comes from there.
export function verdictOf(pack, name, gap) {
  const half = pack.t * gap.spread;
  const facts = pack.worth[name];
  const least = facts.fixed ?? facts.share * Math.max(Math.abs(gap.before), 1);
  const [low, high] = [gap.mean - half, gap.mean + half];
  if (-least < low && high < least) return "about the same";
  if ((low <= 0 && high >= 0) || Math.abs(gap.mean) < least) return "cannot tell";
  const { direction } = boot.choices.outcomes[name];
  if (direction === 0) return gap.mean > 0 ? "higher" : "lower";
  return gap.mean * direction > 0 ? "better" : "worse";
}

export function sourceTold() {
  return boot.offline ? say("page > offline") : say("page > live");
}
