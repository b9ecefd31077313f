// Seats, talk, decisions: what share of each the citizens have at the end, in both scenarios, with the middle 90 of 100 futures.

import { say, figure } from "./words.js";
import { shape, letters, fontSize, widthOf, apart } from "./drawing.js";

const SHARES = ["seat_share", "voice_share", "influence_share"];
const OFFSET = { a: -0.5, b: 0.5 };

export function drawShares(place, picture, names, told, hiddenB) {
  const size = fontSize();
  const width = Math.max(place.clientWidth || 320, 180);
  const height = Math.min(Math.max(width * 0.8, size * 18), size * 24);
  const box = { left: size * 3.4, right: width - size * 0.5, top: size * 1.4, bottom: height - size * 1.8, size };
  const x = (column) => box.left + ((column + 0.5) / SHARES.length) * (box.right - box.left);
  const y = (share) => box.bottom - share * (box.bottom - box.top);
  const drawing = shape("svg", { viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`, height, role: "img", "aria-label": told, id: "shares" });
  for (const mark of [0, 0.25, 0.5, 0.75, 1]) {
    drawing.append(shape("line", { x1: box.left, x2: box.right, y1: y(mark), y2: y(mark), stroke: "var(--line)" }));
    drawing.append(letters(box.left - size * 0.5, y(mark) + size * 0.34, say("chart > percent", { value: figure(mark * 100) }), { "text-anchor": "end" }));
  }
  SHARES.forEach((name, column) => drawing.append(letters(x(column), box.bottom + size * 1.5, say(`chart > ${name}`), { "text-anchor": "middle", class: "strong" })));
  const arms = hiddenB ? ["a"] : ["a", "b"];
  for (const arm of arms) drawing.append(...slope(arm, picture, x, y, size));
  SHARES.forEach((name, column) => drawing.append(...values(name, column, arms, picture, x, y, size, box)));
  place.replaceChildren(drawing);
}

function lastOf(picture, name, arm) {
  return picture.shares[name][arm].map((row) => row.at(-1));
}

function slope(arm, picture, x, y, size) {
  const colour = `stroke:var(--${arm})`;
  const dash = arm === "b" ? "7 4" : "1 0";
  const points = SHARES.map((name, column) => ({ q: lastOf(picture, name, arm), x: x(column) + OFFSET[arm] * size * 0.7 }));
  const there = points.filter((one) => one.q[2] !== null);
  const parts = there.slice(1).map((one, place) => shape("line", { x1: there[place].x, x2: one.x, y1: y(there[place].q[2]), y2: y(one.q[2]), style: colour, "stroke-width": 2.5, "stroke-dasharray": dash }));
  for (const one of there) {
    parts.push(shape("line", { x1: one.x, x2: one.x, y1: y(one.q[0]), y2: y(one.q[4]), style: colour, "stroke-width": size * 0.5, opacity: 0.28 }));
    const facts = { style: `fill:var(--${arm})`, stroke: "#fff", "stroke-width": 1.5 };
    const half = size * 0.38;
    parts.push(arm === "a" ? shape("circle", { cx: one.x, cy: y(one.q[2]), r: half, ...facts })
      : shape("rect", { x: one.x - half, y: y(one.q[2]) - half, width: half * 2, height: half * 2, ...facts }));
  }
  return parts;
}

// Values stand outside their marks: A's to the left, B's to the right, so that they never meet.
function values(name, column, arms, picture, x, y, size, box) {
  return arms.flatMap((arm) => {
    const middle = lastOf(picture, name, arm)[2];
    if (middle === null) return [];
    const text = `${arm.toUpperCase()} ${figure(middle * 100)}`;
    const left = arm === "a";
    const at = x(column) + OFFSET[arm] * size * 0.7 + (left ? -1 : 1) * size * 0.55;
    const [place] = apart([y(middle) + size * 0.35], size, box.top - size * 0.2, box.bottom - size * 0.2);
    const room = left ? at - widthOf(text, size, true) > box.left - size : at + widthOf(text, size, true) < box.right + size;
    return [letters(at, room ? place : place - size, text, { "text-anchor": left ? "end" : "start", class: `strong ${arm} value`, "data-share": name })];
  });
}
