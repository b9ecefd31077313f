// The fan chart: both scenarios with bands, or their paired difference, with names and end values beside the lines.

import { say, read, scaled, figure, boot, eventName } from "./words.js";
import { shape, letters, fontSize, widthOf, wrapped, marksOf, apart, path, areaBetween } from "./drawing.js";

const LOW = 0, HALF_LOW = 1, MIDDLE = 2, HALF_HIGH = 3, HIGH = 4; // of the quantiles in a picture
const COLOURS = { a: "var(--a)", b: "var(--b)", gap: "var(--gap)" };

export function drawFan(place, picture, state, names, told, hiddenB) {
  const size = fontSize();
  const width = Math.max(place.clientWidth || 600, 200);
  const narrow = width < 30 * size;
  const sets = setsOf(picture, state, names, hiddenB);
  const right = narrow ? size * 1.2 : Math.min(width * 0.3, Math.max(...sets.map((set) => labelWidth(set, size))) + size);
  const box = { left: size * 3.4, right: width - right, top: narrow ? size * (1.8 + 2.6 * sets.length) : size * 1.4,
    bottom: 0, size, width, narrow };
  const height = narrow ? size * 24 : Math.min(Math.max(width * 0.6, size * 18), size * 27, window.innerHeight * 0.62 + size * 4);
  box.bottom = height - size * 3.1;
  const scale = scaleOf(picture, state, sets, box);
  const drawing = shape("svg", { viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`, height, role: "img", "aria-label": told, id: "fan" });
  drawing.append(...grid(scale, box, picture, state), ...eventMarks(state, box, scale));
  for (const set of sets) drawing.append(...bandsOf(set, scale));
  for (const set of sets) drawing.append(lineOf(set, scale));
  drawing.append(...endLabels(sets, scale, box));
  place.replaceChildren(drawing);
}

function setsOf(picture, state, names, hiddenB) {
  const outcome = state.outcome;
  const make = (key, quantiles, name) => {
    const last = quantiles[MIDDLE].at(-1);
    const value = last === null ? say("chart > no_value") : endText(outcome, last, key === "gap");
    return { key, name, value, end: last, q: quantiles.map((row) => row.map((one) => (one === null ? null : scaled(outcome, one)))) };
  };
  if (state.view === "difference") return [make("gap", picture.difference, `${names.b} − ${names.a}`)];
  return [make("a", picture.a, names.a), ...(hiddenB ? [] : [make("b", picture.b, names.b)])];
}

function endText(outcome, value, isGap) {
  const text = read(outcome, value);
  const signed = isGap && scaled(outcome, value) >= 0.5 ? `+${text}` : text;
  const kind = boot.choices.outcomes[outcome].told;
  if (kind === "number") return signed;
  return isGap || kind === "points" ? say("chart > points", { value: signed }) : say("chart > percent", { value: text });
}

function labelWidth(set, size) {
  const words = set.name.split(" ").map((word) => widthOf(word, size, true));
  const whole = widthOf(set.name, size, true);
  return Math.max(Math.min(whole, size * 10), ...words.map((word) => Math.min(word, size * 11)), widthOf(set.value, size));
}

function scaleOf(picture, state, sets, box) {
  const outcome = boot.choices.outcomes[state.outcome];
  const values = sets.flatMap((set) => [...set.q[LOW], ...set.q[HIGH]]).filter((one) => one !== null);
  let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  if (state.view === "difference") {
    const most = Math.max(Math.abs(low), Math.abs(high), outcome.told === "number" ? 1 : 2);
    [low, high] = [-most, most];
  } else if (outcome.told === "share") {
    [low, high] = [0, 100];
  } else {
    [low, high] = [Math.min(low, 0), Math.max(high, outcome.told === "points" ? 10 : 1)];
  }
  const { marks, step } = marksOf(low, high);
  const first = marks[0], last = marks.at(-1);
  const end = picture.weeks.at(-1);
  return {
    marks, step, end,
    x: (week) => box.left + (week / end) * (box.right - box.left),
    y: (value) => (value === null ? null : box.bottom - ((value - first) / (last - first)) * (box.bottom - box.top)),
    xs: picture.weeks.map((week) => box.left + (week / end) * (box.right - box.left)),
  };
}

function grid(scale, box, picture, state) {
  const parts = [];
  const outcome = boot.choices.outcomes[state.outcome];
  const percent = outcome.told === "share" && state.view !== "difference";
  const decimals = scale.step < 1 ? 1 : scale.step % 1 ? 1 : 0;
  for (const mark of scale.marks) {
    const y = scale.y(mark);
    const zero = state.view === "difference" && mark === 0;
    const text = percent ? say("chart > percent", { value: figure(mark, 0) }) : (state.view === "difference" && mark > 0 ? "+" : "") + figure(mark, decimals);
    parts.push(shape("line", { x1: box.left, x2: box.right, y1: y, y2: y, stroke: zero ? "var(--ink)" : "var(--line)", "stroke-width": zero ? 2 : 1 }));
    parts.push(letters(box.left - box.size * 0.5, y + box.size * 0.34, text, { "text-anchor": "end" }));
  }
  if (state.view === "difference") {
    parts.push(letters(box.right - box.size * 0.3, box.top + box.size * 1.2, `↑ ${say("chart > b_higher")}`, { class: "gap", "text-anchor": "end" }));
    parts.push(letters(box.right - box.size * 0.3, box.bottom - box.size * 0.5, `↓ ${say("chart > b_lower")}`, { class: "gap", "text-anchor": "end" }));
  }
  for (let year = 0; year * 52 <= scale.end; year += 1) {
    parts.push(letters(scale.x(year * 52), box.bottom + box.size * 1.3, String(year), { "text-anchor": "middle" }));
  }
  parts.push(letters((box.left + box.right) / 2, box.bottom + box.size * 2.6, say("chart > years"), { "text-anchor": "middle" }));
  return parts;
}

function eventMarks(state, box, scale) {
  return ["a", "b"].flatMap((arm) => state[arm].events.map((event) => {
    const x = scale.x(Math.min(event.week, scale.end));
    const other = state[arm === "a" ? "b" : "a"].events.some((one) => one.week === event.week);
    const told = say("chart > event", { event: eventName(event), arm: arm.toUpperCase() });
    const shift = other && arm === "b" ? 3 : 0;
    const mark = shape("g", {}, shape("title", {}, told),
      shape("line", { x1: x + shift, x2: x + shift, y1: box.top, y2: box.bottom, stroke: COLOURS[arm], "stroke-width": 1.5, "stroke-dasharray": arm === "a" ? "1 0" : "4 4", opacity: 0.75 }));
    mark.append(letters(x + (other ? (arm === "a" ? -6 : 7) : 0), box.top - box.size * 0.25, `${arm.toUpperCase()}↓`, { class: arm, "font-size": box.size * 0.85, "text-anchor": other ? (arm === "a" ? "end" : "start") : "middle" }));
    return mark;
  }));
}

function bandsOf(set, scale) {
  const ys = set.q.map((row) => row.map((value) => scale.y(value)));
  const fill = COLOURS[set.key];
  return [
    shape("path", { d: areaBetween(scale.xs, ys[LOW], ys[HIGH]), style: `fill:${fill}`, opacity: 0.16 }),
    shape("path", { d: areaBetween(scale.xs, ys[HALF_LOW], ys[HALF_HIGH]), style: `fill:${fill}`, opacity: 0.26 }),
  ];
}

function lineOf(set, scale) {
  const facts = { d: path(scale.xs, set.q[MIDDLE].map((value) => scale.y(value))), fill: "none", style: `stroke:${COLOURS[set.key]}`, "stroke-width": 3.5, "stroke-linejoin": "round", id: `line-${set.key}` };
  return shape("path", set.key === "b" ? { ...facts, "stroke-dasharray": "9 5" } : facts);
}

function endLabels(sets, scale, box) {
  if (box.narrow) return sets.flatMap((set, place) => keyLine(set, place, box));
  const room = box.width - box.right - box.size * 0.8;
  const texts = sets.map((set) => wrapped(set.name, room, box.size, true, 3));
  const tall = Math.max(...texts.map((lines) => lines.length)) + 1;
  const wanted = sets.map((set) => (set.end === null ? box.bottom : scale.y(set.q[MIDDLE].at(-1))));
  const middle = (tall * box.size * 1.2) / 2;
  const found = apart(wanted, tall * box.size * 1.2 + 2, box.top + middle - box.size, box.bottom - middle + box.size);
  return sets.flatMap((set, place) => {
    const x = box.right + box.size * 0.7;
    const first = found[place] - ((texts[place].length + 1) / 2 - 0.8) * box.size * 1.2;
    const lines = texts[place].map((line, row) => letters(x, first + row * box.size * 1.2, line, { class: `strong ${set.key} name` }));
    return [...lines, letters(x, first + texts[place].length * box.size * 1.2, set.value, { class: `${set.key} end` })];
  });
}

function keyLine(set, place, box) {
  const y = box.size * (1 + 2.6 * place);
  const facts = { x1: 0, x2: box.size * 2.4, y1: y - box.size * 0.3, y2: y - box.size * 0.3, style: `stroke:${COLOURS[set.key]}`, "stroke-width": 4 };
  return [
    shape("line", set.key === "b" ? { ...facts, "stroke-dasharray": "9 5" } : facts),
    letters(box.size * 2.9, y, wrapped(set.name, box.width - box.size * 3, box.size, true, 1)[0], { class: `strong ${set.key} name` }),
    letters(box.size * 2.9, y + box.size * 1.2, set.value, { class: `${set.key} end` }),
  ];
}
