// Words and numbers in the language of the page. What is missing in the catalogue shows its key, and a test looks for that.

export const boot = JSON.parse(document.getElementById("boot").textContent);
let language = "en";

export function languages() {
  return Object.keys(boot.words);
}

export function speak(name) {
  language = boot.words[name] ? name : languages()[0];
  document.documentElement.lang = language;
}

export function spoken() {
  return language;
}

function found(key) {
  return key.split(" > ").reduce((part, name) => (part === undefined || part === null ? undefined : part[name]), boot.words[language]);
}

export function has(key) {
  return found(key) !== undefined;
}

export function say(key, gaps = {}) {
  const text = found(key);
  if (typeof text !== "string") return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in gaps ? String(gaps[name]) : whole));
}

// Where the parameters come from: stated defaults, or draws of a calibration.
export function basis() {
  return boot.drawn ? say("page > basis_drawn", boot.drawn) : say("page > basis");
}

export function lines(key) {
  return found(key) || [];
}

export function figure(value, decimals = 0) {
  const words = boot.words[language];
  const text = Math.abs(value).toFixed(decimals).replace(".", words.decimal);
  return value < 0 && Number(value.toFixed(decimals)) !== 0 ? words.minus + text : text;
}

// A value of an outcome as people read it: of 100, in points of 100, or as a plain number.
export function scaled(outcome, value) {
  return boot.choices.outcomes[outcome].told === "number" ? value : value * 100;
}

export function decimalsOf(outcome, value) {
  const size = Math.abs(scaled(outcome, value));
  const whole = Math.abs(size - Math.round(size)) < 0.05;
  return boot.choices.outcomes[outcome].told === "number" && size < 20 && !whole ? 1 : 0;
}

export function read(outcome, value) {
  return figure(scaled(outcome, value), decimalsOf(outcome, value));
}

// One decimal more than in a sentence, for tables.
export function exact(outcome, value) {
  return value === null ? "–" : figure(scaled(outcome, value), 1);
}

export function exactDifference(outcome, value) {
  return value === null ? "–" : (value > 0 ? "+" : "") + exact(outcome, value);
}

export function presetName(family, name) {
  const words = found(`presets > ${family} > ${name}`);
  return words ? words[0] : name;
}

export function presetTold(family, name) {
  const words = found(`presets > ${family} > ${name}`);
  return words ? words[1] : "";
}

export function sliderName(key) {
  const words = found(`sliders > ${key}`);
  return words ? words[0] : found(`others > ${key}`) || key;
}

// The name of a rule that is chosen by name, as the presets of its family call it.
export function ruleName(key, name) {
  return presetName(key.split(".")[0], name);
}

export function sliderTold(key) {
  const words = found(`sliders > ${key}`);
  return words ? words[1] : "";
}

export function sliderValue(key, value) {
  const facts = boot.choices.sliders[key] || boot.choices.others[key];
  if (!facts) return String(value);
  if (value < facts.low) return say(key === "power.citizen_seat_share" ? "page > as_in_case" : "page > not_used");
  const percent = ["share", "share of seats", "probability", "weight", "per year", "per feature and week"].includes(facts.unit);
  const shown = percent ? value * 100 : key === "leadership.dial" ? value * 100 : value;
  const fine = key === "learning.turbulence" ? 2 : percent || facts.high > 20 || key === "leadership.dial" ? 0 : facts.step < 0.1 ? 2 : 1;
  const unit = has(`units > ${facts.unit}`) ? say(`units > ${facts.unit}`) : ` ${facts.unit}`;
  return figure(shown, fine) + unit;
}

export function eventName(event) {
  const named = Object.entries(boot.choices.events).find(([, one]) => sameEvent(one, event));
  if (named) return say(`events > ${named[0]}`);
  if (!event.parameter) return event.kind;
  const value = typeof event.value === "number" ? sliderValue(event.parameter, event.value) : ruleName(event.parameter, event.value);
  return `${sliderName(event.parameter)}: ${event.kind === "add" && event.value > 0 ? "+" : ""}${value}`;
}

export function sameEvent(one, other) {
  return one.kind === other.kind && (one.parameter || "") === (other.parameter || "") && (one.value ?? 0) === (other.value ?? 0);
}

export function weekTold(week) {
  return (week - 1) % 52 === 0
    ? say("page > at_start_of_year", { year: (week - 1) / 52 + 1 })
    : say("page > in_week", { week });
}
