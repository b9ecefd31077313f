// Parts of drawings: SVG elements, scales with round marks, and labels that keep their distance.

const SPACE = "http://www.w3.org/2000/svg";

export function shape(name, facts = {}, ...inside) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(facts)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

export function letters(x, y, text, facts = {}) {
  return shape("text", { x: round(x), y: round(y), ...facts }, text);
}

export function round(value) {
  return Math.round(value * 10) / 10;
}

export function fontSize() {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

let measure = null;

export function widthOf(text, size, bold = false) {
  measure = measure || document.createElement("canvas").getContext("2d");
  measure.font = `${bold ? "bold " : ""}${size}px ${getComputedStyle(document.body).fontFamily}`;
  return measure.measureText(text).width;
}

// Words on as many lines as a width needs.
export function wrapped(text, width, size, bold = false, most = 3) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (widthOf(longer, size, bold) <= width || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length > most) lines.splice(most, lines.length, `${lines.splice(most - 1, 1)[0]}…`);
  return lines.slice(0, most).map((line) => cut(line, width, size, bold));
}

function cut(line, width, size, bold) {
  let kept = line;
  while (kept.length > 3 && widthOf(kept, size, bold) > width) kept = `${kept.slice(0, -2).trimEnd()}…`;
  return kept;
}

// Round marks that hold all values: at most about six.
export function marksOf(low, high) {
  const span = Math.max(high - low, 1e-9);
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw * 0.999);
  const first = Math.floor(low / step + 1e-9) * step;
  const marks = [];
  for (let mark = first; mark < high + step * 0.999; mark += step) marks.push(Math.abs(mark) < step * 1e-6 ? 0 : mark);
  return { marks, step };
}

// Places of labels, pushed apart until each has its height; order and, where possible, place are kept.
export function apart(places, height, low, high) {
  const order = places.map((place, index) => ({ place, index })).sort((one, other) => one.place - other.place);
  for (let turn = 0; turn < 60; turn += 1) {
    for (let i = 1; i < order.length; i += 1) {
      const short = height - (order[i].place - order[i - 1].place);
      if (short > 0.1) {
        order[i].place += short / 2;
        order[i - 1].place -= short / 2;
      }
    }
    for (const one of order) one.place = Math.min(Math.max(one.place, low), high);
  }
  const found = [];
  for (const one of order) found[one.index] = one.place;
  return found;
}

// A line through the points that have a value; a gap where there is none.
export function path(xs, ys) {
  let text = "";
  let open = false;
  xs.forEach((x, place) => {
    if (ys[place] === null || Number.isNaN(ys[place])) { open = false; return; }
    text += `${open ? "L" : "M"}${round(x)} ${round(ys[place])}`;
    open = true;
  });
  return text;
}

export function areaBetween(xs, low, high) {
  const there = xs.map((_, place) => place).filter((place) => low[place] !== null && high[place] !== null);
  const up = there.map((place) => `${round(xs[place])} ${round(high[place])}`);
  const down = there.toReversed().map((place) => `${round(xs[place])} ${round(low[place])}`);
  return there.length ? `M${[...up, ...down].join("L")}Z` : "";
}
