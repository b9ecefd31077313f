// The controls: built once for a language and a mode, then only brought up to date, so that no key press loses its place.

import { boot, say, presetName, presetTold, sliderName, sliderTold, sliderValue, ruleName, eventName, weekTold, sameEvent, spoken } from "./words.js";
import { armName, differences, presetOf, valuesDiffer, emptyArm, shownEvent } from "./state.js";

const ARMS = ["a", "b"];

export function element(name, facts = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(facts)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...inside.filter((one) => one !== null));
  return made;
}

export function explained(name, text) {
  const label = say("page > explain", { what: name });
  return element("details", { class: "explain" }, element("summary", { "aria-label": label, title: label }, "?"), element("p", {}, text));
}

// What can be changed here: everything with the live model, what was worked out beforehand in a file.
export function offered() {
  const pack = boot.offline;
  const all = { families: Object.keys(boot.choices.families), sliders: Object.keys(boot.choices.sliders), events: true, cases: true };
  if (!pack) return all;
  return {
    families: all.families.filter((family) => pack.axes.some((axis) => axis.key === family)),
    sliders: all.sliders.filter((key) => pack.axes.some((axis) => axis.key === key)),
    events: false, cases: false,
  };
}

// ---- building ----

export function buildSettings(place, state, act, tools, endStroke) {
  const made = [];
  const can = offered();
  const heading = element("h2", { id: "settings-title" }, say("page > settings"));
  place.replaceChildren(heading, tools);
  if (boot.offline) place.append(element("p", { class: "quiet" }, say("page > offline_note")));
  if (!boot.offline && boot.questions.length) made.push(questionRow(state, act));
  if (can.cases) made.push(caseRow(state, act));
  made.push(heads(act));
  const simple = (facts) => state.advanced || boot.offline || facts.simple;
  for (const family of can.families) {
    const used = ARMS.some((arm) => presetOf(state, arm, family) !== "default");
    if (simple(boot.choices.families[family]) || used) made.push(familyRow(family, state, act));
  }
  for (const key of can.sliders) {
    const used = ARMS.some((arm) => key in state[arm].values);
    if (simple(boot.choices.sliders[key]) || used) made.push(sliderRow(key, act, endStroke));
  }
  if (can.events) made.push(eventRows(state, act));
  if (can.events && state.advanced) made.push(luckRow(act));
  made.push(othersRow(act));
  place.append(...made.map((one) => one.element));
  return (next, inForce) => made.forEach((one) => one.refresh(next, inForce));
}

function questionRow(state, act) {
  const select = element("select", { id: "question" }, element("option", { value: "" }, say("page > question_own")));
  for (const [place, question] of boot.questions.entries()) {
    select.append(element("option", { value: place }, question.title[spoken()]));
  }
  const told = element("p", { class: "hint", id: "question-told" });
  const choices = ARMS.map((arm) => armSelect(arm, act));
  const pair = element("div", { class: "pair" }, ...choices);
  select.addEventListener("change", () => {
    const question = boot.questions[Number(select.value)];
    const start = select.value === "" ? { a: emptyArm(), b: emptyArm() } : structuredClone(question.start);
    act((now) => ({ ...now, ...start, outcome: start.outcome || now.outcome }));
  });
  const refresh = (next) => {
    const place = boot.questions.findIndex((one) => ARMS.every((arm) => armPlace(one, next[arm]) >= 0));
    select.value = place < 0 ? "" : String(place);
    told.textContent = place < 0 ? "" : boot.questions[place].question[spoken()];
    pair.hidden = place < 0;
    choices.forEach((choice, which) => fillArms(choice, place, next[ARMS[which]]));
  };
  return { element: element("div", { class: "wide" }, element("label", { for: "question" }, say("page > question")), select, told, pair), refresh };
}

// The ways to go on that a question has, of which two stand side by side.
function armSelect(arm, act) {
  const select = element("select", { id: `${arm}-way`, "aria-label": `${say("page > way")}, ${say(`page > scenario_${arm}`)}` });
  select.addEventListener("change", () => {
    const question = boot.questions[Number(select.dataset.question)];
    act((now) => ({ ...now, [arm]: { ...structuredClone(question.arms[Number(select.value)]), name: now[arm].name } }));
  });
  return select;
}

function armPlace(question, arm) {
  const told = (one) => JSON.stringify([one.title, one.presets, one.values, one.events]);
  return question.arms.findIndex((one) => told(one) === told(arm));
}

function fillArms(select, place, arm) {
  if (place < 0) return;
  const question = boot.questions[place];
  const key = `${place} ${spoken()}`;
  if (select.dataset.filled !== key) {
    select.replaceChildren(...question.arms.map((one, at) => element("option", { value: at }, one.title[spoken()])));
    Object.assign(select.dataset, { filled: key, question: place });
  }
  select.value = String(armPlace(question, arm));
}

function caseRow(state, act) {
  const select = element("select", { id: "case" });
  for (const [name, facts] of Object.entries(boot.choices.cases)) {
    select.append(element("option", { value: name }, `${facts.name} (${say(`levels > ${facts.level}`)})`));
  }
  select.addEventListener("change", () => act((now) => ({ ...now, case: select.value })));
  const label = element("label", { for: "case" }, `${say("page > case")} `, element("span", { class: "quiet" }, `(${say("page > same_for_both").toLowerCase()})`));
  return { element: element("div", { class: "wide" }, label, select), refresh: (next) => { select.value = next.case; } };
}

function heads(act) {
  const inputs = ARMS.map((arm) => {
    const letter = arm.toUpperCase();
    const input = element("input", { type: "text", id: `${arm}-name`, maxlength: "40", autocomplete: "off",
      "aria-label": say("page > name_of", { arm: letter }) });
    input.addEventListener("change", () => act((now) => ({ ...now, [arm]: { ...now[arm], name: input.value.trim() } })));
    return input;
  });
  const made = element("div", { class: "heads" }, ...ARMS.map((arm, place) => element("div", { class: `head ${arm}` },
    say(`page > scenario_${arm}`), inputs[place])));
  const refresh = (next) => inputs.forEach((input, place) => {
    const name = armName(next, ARMS[place]);
    if (document.activeElement !== input) input.value = name;
    input.title = name;
  });
  return { element: made, refresh };
}

function rowOf(id, name, text, cells) {
  const mark = element("span", { class: "same" });
  const made = element("fieldset", { id: `row-${id}` }, element("legend", {}, `${name} `, mark), explained(name, text),
    element("div", { class: "pair" }, ...cells));
  const differ = (is) => {
    made.classList.toggle("differs", is);
    mark.textContent = is ? `(${say("page > changed")})` : "";
  };
  return { made, differ };
}

function familyRow(family, state, act) {
  const name = say(`families > ${family}`);
  const selects = ARMS.map((arm) => presetSelect(family, arm, state, act, name));
  const hints = ARMS.map((arm) => element("p", { class: "hint", id: `${arm}-${family}-hint` }));
  const { made, differ } = rowOf(family, name, say(`family_explain > ${family}`),
    ARMS.map((arm, place) => element("div", { class: arm }, selects[place], hints[place])));
  const refresh = (next) => {
    ARMS.forEach((arm, place) => {
      const value = presetOf(next, arm, family);
      selects[place].value = value;
      hints[place].textContent = presetTold(family, value);
    });
    differ(presetOf(next, "a", family) !== presetOf(next, "b", family));
  };
  return { element: made, refresh };
}

function presetSelect(family, arm, state, act, name) {
  const select = element("select", { id: `${arm}-${family}`, "aria-describedby": `${arm}-${family}-hint`,
    "aria-label": `${name}, ${say(`page > scenario_${arm}`)}` });
  const axis = boot.offline && boot.offline.axes.find((one) => one.key === family);
  for (const [group, names] of Object.entries(boot.choices.families[family].groups)) {
    const kept = names.filter((one) => (axis ? axis.points.includes(one) : true));
    const options = kept.map((one) => element("option", { value: one }, presetName(family, one)));
    if (options.length) select.append(group === "usual" ? options[0] : element("optgroup", { label: say(`groups > ${group}`) }, ...options));
  }
  select.addEventListener("change", () => act((now) => ({ ...now, [arm]: withPreset(now[arm], family, select.value) })));
  return select;
}

// A rule that is chosen brings its numbers: single numbers of that family that were set before give way.
function withPreset(arm, family, name) {
  const presets = { ...arm.presets, [family]: name };
  if (name === "default") delete presets[family];
  const values = Object.fromEntries(Object.entries(arm.values).filter(([key]) => boot.offline || !key.startsWith(`${family}.`)));
  return { ...arm, title: null, presets, values };
}

function sliderRow(key, act, endStroke) {
  const facts = boot.choices.sliders[key];
  const cells = ARMS.map((arm) => sliderCell(key, arm, facts, act, endStroke));
  const { made, differ } = rowOf(key.replace(".", "-"), sliderName(key), sliderTold(key), cells.map((one) => one.made));
  const refresh = (next, inForce) => {
    cells.forEach((cell, place) => cell.refresh(next[ARMS[place]], inForce[ARMS[place]]));
    differ(valuesDiffer(next, key));
  };
  return { element: made, refresh };
}

function sliderCell(key, arm, facts, act, endStroke) {
  const name = sliderName(key);
  const id = `${arm}-${key.replace(".", "-")}`;
  const shown = element("output", { for: id, id: `${id}-shown` });
  const input = element("input", { type: "range", id, min: facts.low, max: facts.high, step: facts.step,
    "aria-label": `${name}, ${say(`page > scenario_${arm}`)}` });
  const back = element("button", { type: "button", "aria-label": say("page > back_to_usual", { what: name }), title: say("page > back_to_usual", { what: name }) }, "↺");
  const set = (value) => act((now) => {
    const values = { ...now[arm].values, [key]: value };
    if (value === null) delete values[key];
    return { ...now, [arm]: { ...now[arm], title: null, values } };
  }, value === null ? null : id);
  input.addEventListener("input", () => set(Number(input.value)));
  input.addEventListener("change", endStroke);
  back.addEventListener("click", () => { set(null); input.focus(); });
  const made = element("div", { class: arm }, element("div", { class: "value" }, shown, back), input);
  const refresh = (own, inForce) => {
    const isSet = key in own.values;
    const value = isSet ? own.values[key] : inForce ? inForce[key] : facts.default;
    const text = sliderValue(key, value);
    if (Number(input.value) !== value) input.value = value;
    input.setAttribute("aria-valuetext", text);
    input.classList.toggle("unset", !isSet);
    shown.textContent = text;
    back.hidden = !isSet || Boolean(boot.offline);
  };
  return { made, refresh };
}

function eventRows(state, act) {
  const name = say("events_heading");
  const listed = Object.entries(boot.choices.events).filter(([, event]) => state.advanced || event.simple
    || ARMS.some((arm) => state[arm].events.some((one) => sameEvent(one, event))));
  const columns = ARMS.map((arm) => eventColumn(arm, listed, act, name));
  const { made, differ } = rowOf("events", name, say("events_explain"), columns.map((one) => one.made));
  const refresh = (next) => {
    columns.forEach((column, place) => column.refresh(next[ARMS[place]], next));
    differ(JSON.stringify(next.a.events) !== JSON.stringify(next.b.events));
  };
  return { element: made, refresh };
}

function eventColumn(arm, listed, act, heading) {
  const selects = listed.map(([name, event]) => {
    const select = element("select", { id: `${arm}-event-${name}`, "aria-label": `${say(`events > ${name}`)}, ${say(`page > scenario_${arm}`)}` });
    select.addEventListener("change", () => act((now) => ({ ...now, [arm]: withEvent(now[arm], event, Number(select.value)) })));
    return select;
  });
  const made = element("div", { class: `events ${arm}` }, ...listed.map(([name], place) =>
    element("label", {}, element("span", {}, say(`events > ${name}`)), selects[place])));
  const refresh = (own, state) => listed.forEach(([, event], place) => {
    const years = boot.choices.cases[state.case]?.years || 6;
    const now = shownEvent(own, event);
    fillWeeks(selects[place], years, now ? now.week : 0);
  });
  return { made, refresh, heading };
}

function fillWeeks(select, years, week) {
  const weeks = [0, ...Array.from({ length: years }, (_, year) => year * 52 + 1)];
  if (!weeks.includes(week)) weeks.push(week);
  if (select.dataset.weeks !== weeks.join()) {
    select.replaceChildren(...weeks.map((one) => element("option", { value: one }, one ? weekTold(one) : say("page > never"))));
    select.dataset.weeks = weeks.join();
  }
  select.value = String(week);
}

function withEvent(arm, event, week) {
  const before = shownEvent(arm, event);
  const events = arm.events.filter((one) => one !== before);
  const { kind, parameter, value } = event;
  if (week) events.push(parameter ? { week, kind, parameter, value } : { week, kind });
  return { ...arm, title: null, events: events.sort((one, other) => one.week - other.week) };
}

function luckRow(act) {
  const shown = element("output", { id: "seed" });
  const button = element("button", { type: "button", id: "redraw" }, say("page > another_luck"));
  button.addEventListener("click", () => act((now) => ({ ...now, seed: now.seed + 1 })));
  const name = say("page > luck");
  const made = element("fieldset", { id: "row-luck" }, element("legend", {}, `${name} `, shown), explained(name, say("page > luck_explain")),
    element("div", { class: "pair" }, button));
  return { element: made, refresh: (next) => { shown.textContent = next.seed; } };
}

// Settings without a control here, as scenario files may have them: shown, so that nothing acts unseen.
function othersRow(act) {
  const list = element("ul", { class: "others" });
  const made = element("div", { class: "wide" }, element("h3", {}, say("page > other_settings")), list);
  const refresh = (next) => {
    const found = ARMS.flatMap((arm) => othersOf(next, arm, act));
    list.replaceChildren(...found);
    made.hidden = !found.length;
  };
  return { element: made, refresh };
}

function othersOf(state, arm, act) {
  const listed = Object.values(boot.choices.events);
  const parts = [];
  const line = (text, without) => parts.push(element("li", {}, `${arm.toUpperCase()}: ${text}`, element("button", { type: "button",
    "aria-label": say("page > remove", { what: text }), onclick: () => act((now) => ({ ...now, [arm]: without(now[arm]) })) }, "×")));
  for (const [family, name] of Object.entries(state[arm].presets)) {
    if (!boot.choices.families[family]) line(`${family}: ${name}`, (own) => withPreset(own, family, "default"));
  }
  for (const [key, value] of Object.entries(state[arm].values)) {
    if (!boot.choices.sliders[key]) line(`${sliderName(key)}: ${typeof value === "number" ? sliderValue(key, value) : ruleName(key, value)}`, (own) => ({ ...own, values: Object.fromEntries(Object.entries(own.values).filter(([one]) => one !== key)) }));
  }
  for (const event of state[arm].events) {
    const hasControl = listed.some((one) => shownEvent(state[arm], one) === event);
    if (!hasControl) line(`${eventName(event)}, ${weekTold(event.week)}`, (own) => ({ ...own, title: null, events: own.events.filter((one) => one !== event) }));
  }
  return parts;
}

export function whatDiffers(state) {
  const found = differences(state);
  if (!found.length) return say("page > same");
  const what = found.map(([a, b]) => `A ${a || "–"}, B ${b || "–"}`).join("; ");
  return say("page > differs", { what });
}
