// What is on the page: two scenarios and how they are shown. It lives in the address, so every visitor has a state of their own.

import { boot, languages, presetName, sliderName, sliderValue, ruleName, eventName, weekTold, sameEvent, spoken } from "./words.js";

const SETTINGS = ["case", "seed", "a", "b"];
const MOST_STEPS = 200;
const LONGEST_NAME = 40;

export function emptyArm() {
  return { name: "", title: null, presets: {}, values: {}, events: [] };
}

export function startState() {
  return { ...structuredClone(boot.start), outcome: boot.start.outcome, view: "both", language: boot.language,
    advanced: false, large: false };
}

// ---- changes, undo, redo ----

export function makeHistory(first) {
  return { now: first, before: [], after: [], stroke: null };
}

export function settingsOf(state) {
  return JSON.stringify(SETTINGS.map((name) => state[name]));
}

// A change of the settings can be taken back; how they are shown cannot, and need not. All that a slider passes while it is
// dragged (one stroke) is one change.
export function change(history, next, stroke = null) {
  if (settingsOf(next) !== settingsOf(history.now)) {
    if (!stroke || stroke !== history.stroke) history.before.push(history.now);
    if (history.before.length > MOST_STEPS) history.before.shift();
    history.after = [];
    history.stroke = stroke;
  }
  history.now = next;
}

export function seal(history) {
  history.stroke = null;
}

export function undo(history) {
  step(history, history.before, history.after);
}

export function redo(history) {
  step(history, history.after, history.before);
}

function step(history, from, to) {
  if (!from.length) return;
  const found = from.pop();
  history.stroke = null;
  to.push(history.now);
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, found[name]]));
  history.now = { ...history.now, ...structuredClone(settings) };
}

// ---- what differs, and what the scenarios are called ----

export function presetOf(state, arm, family) {
  return state[arm].presets[family] || "default";
}

export function valuesDiffer(state, key) {
  return state.a.values[key] !== state.b.values[key];
}

export function differences(state) {
  const found = [];
  for (const family of Object.keys(boot.choices.families)) {
    if (presetOf(state, "a", family) !== presetOf(state, "b", family)) {
      found.push(["a", "b"].map((arm) => presetName(family, presetOf(state, arm, family))));
    }
  }
  for (const key of new Set([...Object.keys(state.a.values), ...Object.keys(state.b.values)])) {
    if (valuesDiffer(state, key)) found.push(["a", "b"].map((arm) => valueTold(state, arm, key)));
  }
  const without = ["a", "b"].map((arm) => state[arm].events.filter((event) => !hasEvent(state[arm === "a" ? "b" : "a"], event)));
  if (without[0].length || without[1].length) found.push(without.map((events) => events.map(eventTold).join(", ")));
  return found;
}

function valueTold(state, arm, key) {
  const value = state[arm].values[key];
  return value === undefined ? "" : `${sliderName(key)} ${typeof value === "number" ? sliderValue(key, value) : ruleName(key, value)}`;
}

function hasEvent(arm, event) {
  return arm.events.some((one) => one.week === event.week && sameEvent(one, event));
}

// The event that a control shows: of several of a kind the first; week 0 stands for none there.
export function shownEvent(arm, event) {
  return arm.events.find((one) => one.week > 0 && sameEvent(one, event));
}

function eventTold(event) {
  return `${eventName(event)} ${weekTold(event.week)}`;
}

export function armName(state, arm) {
  const own = state[arm].name || (state[arm].title && state[arm].title[spoken()]);
  return own || automaticName(state, arm);
}

function automaticName(state, arm) {
  const first = differences(state).find((pair) => pair[arm === "a" ? 0 : 1]);
  const text = first ? first[arm === "a" ? 0 : 1].replace(/^\d\. /, "") : "";
  return text && text.length <= 34 ? text : "";
}

export function settingsTold(state, arm) {
  const families = Object.entries(state[arm].presets).map(([family, name]) => presetName(family, name));
  const values = Object.keys(state[arm].values).map((key) => valueTold(state, arm, key));
  return [...families, ...values, ...state[arm].events.map(eventTold)].join("; ");
}

// ---- the address ----

export function toHash(state) {
  const words = new URLSearchParams();
  words.set("case", state.case);
  words.set("seed", state.seed);
  for (const arm of ["a", "b"]) {
    const one = state[arm];
    if (one.name) words.set(`${arm}.name`, one.name);
    if (one.title) words.set(`${arm}.title`, JSON.stringify(one.title));
    for (const [family, name] of Object.entries(one.presets)) words.set(`${arm}.${family}`, name);
    for (const [key, value] of Object.entries(one.values)) words.set(`${arm}.${key}`, value);
    for (const event of one.events) {
      const parts = [event.week, event.kind, ...(event.parameter ? [event.parameter, event.value] : [])];
      words.append(`${arm}.event`, parts.join(":"));
    }
  }
  words.set("show", state.outcome);
  if (state.view !== "both") words.set("view", state.view);
  words.set("lang", state.language);
  if (state.advanced) words.set("all", "1");
  if (state.large) words.set("large", "1");
  return words.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("+", "%20");
}

// The server checks what comes of it; here only its form is made sound, so that no address can break the page.
export function fromHash(hash) {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const state = startState();
  if (![...words.keys()].length) return state;
  state.a = emptyArm();
  state.b = emptyArm();
  for (const [key, value] of words) readWord(state, key, value);
  return state;
}

function readWord(state, key, value) {
  const arm = /^[ab]\./.test(key) ? state[key[0]] : null;
  const rest = key.slice(2);
  if (key === "case") state.case = value;
  else if (key === "seed") state.seed = Number.isSafeInteger(Number(value)) ? Number(value) : 1;
  else if (key === "show") state.outcome = Object.hasOwn(boot.choices.outcomes, value) ? value : state.outcome;
  else if (key === "view") state.view = value === "difference" ? "difference" : "both";
  else if (key === "lang") state.language = languages().includes(value) ? value : state.language;
  else if (key === "all") state.advanced = value === "1";
  else if (key === "large") state.large = value === "1";
  else if (arm && rest === "name") arm.name = value.slice(0, LONGEST_NAME);
  else if (arm && rest === "title") arm.title = titles(value);
  else if (arm && rest === "event") arm.events.push(readEvent(value));
  else if (arm && rest.includes(".")) arm.values[rest] = numberOrName(value);
  else if (arm) arm.presets[rest] = value;
}

function titles(text) {
  try {
    const found = JSON.parse(text);
    const short = languages().map((name) => [name, String(found[name]).slice(0, 60)]);
    return languages().every((name) => typeof found[name] === "string") ? Object.fromEntries(short) : null;
  } catch {
    return null;
  }
}

function readEvent(text) {
  const [week, kind, parameter, value] = text.split(":");
  const event = { week: Number.parseInt(week, 10) || 0, kind: kind || "" };
  return parameter ? { ...event, parameter, value: numberOrName(value || "") } : event;
}

function numberOrName(text) {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
