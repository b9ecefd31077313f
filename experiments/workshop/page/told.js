// The picture in words and tables: one sentence for the room, numbers for whoever asks.

import { boot, say, lines, read, exact, exactDifference, figure, decimalsOf, scaled } from "./words.js";
import { element } from "./controls.js";

export function sentences(picture, state, names, hiddenB) {
  const end = picture.end[state.outcome];
  const quoted = { a: quote(names.a), b: quote(names.b) };
  const years = figure(picture.weeks.at(-1) / 52);
  const middle = { a: end.a[2], b: end.b[2] };
  if (middle.a === null || middle.b === null) return [[say("told > none"), "verdict"]];
  const told = (arm) => say(`outcomes > ${state.outcome}`, { x: read(state.outcome, middle[arm]) });
  if (hiddenB) return [[say("page > hidden", { b: quoted.b }), "verdict"]];
  const found = [[say("told > after", { years, a: quoted.a, b: quoted.b, told_a: told("a"), told_b: told("b") }), "after"]];
  found.push([say("told > range", { b: quoted.b, low: read(state.outcome, end.b[0]), high: read(state.outcome, end.b[4]) }), "range"]);
  if (end.better === null || end.pairs === 0) return found;
  const down = boot.choices.outcomes[state.outcome].direction < 0;
  const [higher, lower] = ofHundred(...(down ? [end.worse, end.better] : [end.better, end.worse]));
  found.push([say("told > paired", { b: quoted.b, higher, lower }), "paired"]);
  found.push([say(`told > ${end.verdict}`, quoted), "verdict"]);
  return found;
}

// Two shares that exclude each other as whole numbers of a hundred; never more than a hundred together.
function ofHundred(one, other) {
  const first = Math.round(one * 100);
  return [figure(first), figure(Math.min(Math.round(other * 100), 100 - first))];
}

export function sharesTold(picture, names, hiddenB) {
  return (hiddenB ? ["a"] : ["a", "b"]).map((arm) => {
    const at = (name) => picture.shares[name][arm][2].at(-1);
    const part = (name) => (at(name) === null ? "–" : figure(at(name) * 100));
    return say("told > shares", { arm: quote(names[arm]), seat: part("seat_share"), voice: part("voice_share"), influence: part("influence_share") });
  }).join(" ");
}

export function numbersTable(picture, state, names) {
  const outcome = state.outcome;
  const unit = boot.choices.outcomes[outcome].told === "share" ? " (0–100)" : "";
  const table = element("table", { id: "numbers" }, element("caption", {}, say("told > table_caption", { outcome: say(`measures > ${outcome}`) + unit })));
  table.append(head([say("told > year"), names.a, names.b, say("told > difference")]));
  const body = element("tbody");
  picture.weeks.forEach((week, place) => {
    if (week % 52) return;
    const cells = ["a", "b", "difference"].map((key) => {
      const q = picture[key].map((row) => row[place]);
      const cell = between(outcome, q, key === "difference");
      return element("td", { "data-set": key, "data-year": week / 52 }, cell);
    });
    body.append(element("tr", {}, element("th", { scope: "row" }, figure(week / 52)), ...cells));
  });
  table.append(body);
  return table;
}

function between(outcome, q, isGap) {
  const shown = isGap ? exactDifference : exact;
  return q[2] === null ? "–" : say("told > between", { middle: shown(outcome, q[2]), low: shown(outcome, q[0]), high: shown(outcome, q[4]) });
}

function quote(name) {
  return say("quote", { name });
}

function head(names) {
  return element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name))));
}

export function scorecard(picture, names) {
  const table = element("table", { id: "scorecard" }, element("caption", {}, say("told > verdict_about")));
  table.append(head([say("told > outcome"), names.a, names.b, say("told > difference"), say("told > verdict")]));
  const body = element("tbody");
  for (const [name, end] of Object.entries(picture.end)) {
    const verdict = `${say(`told > symbols > ${end.verdict}`)} ${say(`told > verdicts > ${end.verdict}`)}`;
    body.append(element("tr", {}, element("th", { scope: "row" }, say(`measures > ${name}`)),
      element("td", { "data-set": "a" }, between(name, end.a, false)), element("td", { "data-set": "b" }, between(name, end.b, false)),
      element("td", { "data-set": "difference" }, between(name, end.difference, true)), element("td", { class: end.verdict, "data-verdict": end.verdict }, verdict)));
  }
  table.append(body);
  return table;
}

export function assumptions() {
  return element("ul", {}, ...lines("told > assumptions").map((line, place) => (boot.drawn && !place ? say("told > drawn", boot.drawn) : line)).map((line) => element("li", {}, line)));
}

export function errorTold(picture, outcome) {
  if (!picture.interpolated) return picture.interpolated === false ? say("page > exact") : "";
  const facts = boot.offline.checked[outcome];
  const shown = (value) => figure(scaled(outcome, value), Math.max(1, decimalsOf(outcome, value)));
  const [error, edge] = facts.error.map(shown);
  const [noise, edgeNoise] = facts.noise.map(shown);
  return say("page > interpolated", { error, noise, edge, edge_noise: edgeNoise });
}
