// The page: state in the address, controls on one side, pictures and sentences on the other.

import { boot, say, basis, speak, spoken, languages, presetName } from "./words.js";
import { fromHash, toHash, startState, makeHistory, change, seal, undo, redo, armName, settingsTold } from "./state.js";
import { liveSource } from "./live.js";
import { offlineSource, sourceTold } from "./offline.js";
import { element, buildSettings, explained, whatDiffers } from "./controls.js";
import { drawFan } from "./fan.js";
import { drawShares } from "./shares.js";
import { sentences, sharesTold, numbersTable, scorecard, assumptions, errorTold } from "./told.js";
import { copyLink, saveFile, openFile, wholePicture, saveSvg, savePng } from "./share.js";

const history_ = makeHistory(fromHash(location.hash));
const source = (boot.offline ? offlineSource : liveSource)({ drawn, trouble });
let refreshSettings = null;
let built = "";
let builtIn = "";
let picture = null;
let told = null;
let guessing = false;
let asked = "";
let askedAt = 0;

const SLOW = 400; // milliseconds after which the page says that it works on a new picture

function now() {
  return history_.now;
}

// Every change of the page goes through here.
function act(changed, stroke = null) {
  change(history_, changed(now()), stroke);
  show();
}

function show() {
  const state = now();
  const hash = `#${toHash(state)}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  speak(state.language);
  document.documentElement.classList.toggle("large", state.large);
  const wanted = buildKey(state);
  if (wanted !== built) build(state, wanted);
  refresh(state);
  const question = JSON.stringify(request(state));
  if (question !== asked) {
    asked = question;
    askedAt = performance.now();
    waiting(question);
    source.ask(request(state), state);
  } else if (picture) {
    draw();
  }
}

// Until the new picture comes the one before stays, and says so where that takes long.
function waiting(question) {
  const root = document.getElementById("results");
  root.dataset.done = "false";
  root.dataset.awaits = "true";
  setTimeout(() => {
    if (question !== asked || root.dataset.awaits !== "true") return;
    root.classList.add("stale");
    status(say("page > waiting"));
  }, SLOW);
}

function request(state) {
  const arm = ({ presets, values, events }) => ({ presets, values, events });
  return { case: state.case, seed: state.seed, outcome: state.outcome, a: arm(state.a), b: arm(state.b) };
}

// What decides which controls there are; what only moves them is not part of it.
function buildKey(state) {
  const used = ["a", "b"].map((arm) => [Object.keys(state[arm].presets).sort(), Object.keys(state[arm].values).sort(), state[arm].events.map((one) => [one.kind, one.parameter])]);
  return JSON.stringify([state.language, state.advanced, state.advanced ? null : used]);
}

// ---- building ----

function build(state, wanted) {
  built = wanted;
  const focused = document.activeElement?.id;
  const opened = [...document.querySelectorAll("details[open][id]")].map((one) => one.id);
  document.title = say("page > title");
  document.getElementById("title").textContent = say("page > title");
  document.getElementById("skip").textContent = say("page > skip");
  document.getElementById("source").replaceChildren(element("strong", {}, sourceTold()), ` · ${basis()}`);
  buildTools();
  refreshSettings = buildSettings(document.getElementById("settings"), state, act, settingsTools(), () => seal(history_));
  if (state.language !== builtIn) buildResults();
  builtIn = state.language;
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function button(id, text, run, facts = {}) {
  return element("button", { type: "button", id, onclick: run, ...facts }, text);
}

function buildTools() {
  const language = element("select", { id: "language" }, ...languages().map((name) => element("option", { value: name, lang: name }, { en: "English", sv: "Svenska" }[name] || name)));
  language.addEventListener("change", () => act((state) => ({ ...state, language: language.value })));
  const file = element("input", { type: "file", id: "file", accept: ".json,application/json", hidden: true });
  file.addEventListener("change", readFile);
  const menu = (id, name, ...inside) => element("details", { class: "menu", id }, element("summary", {}, name), element("div", {}, ...inside));
  document.getElementById("tools").replaceChildren(
    button("large", "", () => act((state) => ({ ...state, large: !state.large }))),
    menu("share-menu", say("page > share"),
      button("copy-link", say("page > copy_link"), async () => status(await copyLink())),
      button("save-file", say("page > save_file"), () => saveFile(now())),
      button("open-file", say("page > open_file"), () => file.click()), file,
      button("print", say("page > print"), () => window.print())),
    menu("picture-menu", say("page > save_picture"), button("save-svg", say("page > as_svg"), () => saveSvg(whole())), button("save-png", say("page > as_png"), () => savePng(whole()))),
    element("label", { for: "language", class: "quiet" }, say("page > language")), language,
  );
}

function reset() {
  guessing = false;
  act((state) => ({ ...startState(), language: state.language, large: state.large, advanced: state.advanced }));
}

function settingsTools() {
  return element("div", { class: "row" },
    button("undo", say("page > undo"), () => { undo(history_); show(); }),
    button("redo", say("page > redo"), () => { redo(history_); show(); }),
    button("reset", say("page > reset"), reset),
    button("advanced", "", () => act((state) => ({ ...state, advanced: !state.advanced })), boot.offline ? { hidden: true } : {}));
}

async function readFile(event) {
  const [file] = event.target.files;
  event.target.value = "";
  const found = file ? await openFile(file) : null;
  if (found) act(() => ({ ...found, language: now().language, large: now().large }));
  else if (file) status(say("page > file_wrong"));
}

function buildResults() {
  const outcome = element("select", { id: "outcome" }, ...Object.keys(boot.choices.outcomes).map((name) => element("option", { value: name }, say(`measures > ${name}`))));
  outcome.addEventListener("change", () => act((state) => ({ ...state, outcome: outcome.value })));
  const view = element("select", { id: "view" }, ...["both", "difference"].map((name) => element("option", { value: name }, say(`page > view_${name}`))));
  view.addEventListener("change", () => act((state) => ({ ...state, view: view.value })));
  const guess = button("guess", say("page > guess"), () => { guessing = !guessing; show(); }, { title: say("page > guess_explain") });
  const details = (id, name, inside) => element("details", { id }, element("summary", {}, name), inside);
  const scroll = (id) => element("div", { class: "scroll", id, tabindex: "0", role: "region", "aria-label": say(id === "numbers-here" ? "page > numbers" : "told > verdict") });
  document.getElementById("results").replaceChildren(
    element("h2", { id: "results-title" }, say("page > results")),
    element("div", { class: "bar" }, element("div", { class: "row" }, element("label", {}, say("page > outcome"), outcome), element("label", {}, say("page > view"), view)),
      element("div", { class: "row" }, guess)),
    element("div", { id: "trouble", role: "alert" }),
    element("p", { id: "differs", class: "quiet" }),
    element("div", { class: "pictures" }, figurePlace("fan-figure", " ", say("chart > band")), figurePlace("shares-figure", say("chart > shares_title"), say("chart > shares_lead"))),
    element("div", { class: "told", "aria-live": "polite", "aria-atomic": "true", id: "told" }),
    element("p", { id: "status", role: "status" }),
    element("div", { class: "tables" },
      details("numbers-details", say("page > numbers"), scroll("numbers-here")),
      details("scorecard-details", "", scroll("scorecard-here")),
      details("assumptions", say("page > assumptions"), assumptions())),
    element("p", { class: "quiet noprint" }, say("page > instructions")),
    element("p", { class: "printed", id: "printed" }),
  );
}

function figurePlace(id, title, lead = "") {
  return element("figure", { id }, element("figcaption", {}, element("strong", {}, title), lead ? element("small", {}, lead) : null), element("div", { class: "drawing" }));
}

// ---- bringing up to date ----

function refresh(state) {
  refreshSettings(state, picture ? picture.in_force : { a: null, b: null });
  const at = (id) => document.getElementById(id);
  at("undo").disabled = !history_.before.length;
  at("redo").disabled = !history_.after.length;
  at("language").value = state.language;
  at("outcome").value = state.outcome;
  at("view").value = state.view;
  at("advanced").textContent = say(state.advanced ? "page > simple" : "page > advanced");
  at("advanced").setAttribute("aria-pressed", String(state.advanced));
  at("large").textContent = say(state.large ? "page > projector_off" : "page > projector");
  at("large").setAttribute("aria-pressed", String(state.large));
  at("guess").textContent = say(guessing ? "page > reveal" : "page > guess");
  at("guess").setAttribute("aria-pressed", String(guessing));
  at("differs").textContent = whatDiffers(state);
}

function namesOf(state) {
  return Object.fromEntries(["a", "b"].map((arm) => {
    const name = armName(state, arm);
    const letter = arm.toUpperCase();
    return [arm, !name || name === letter ? say(`page > scenario_${arm}`) : name.startsWith(`${letter}: `) ? name : `${letter}: ${name}`];
  }));
}

function drawn(found) {
  picture = found;
  refresh(now());
  document.getElementById("trouble").replaceChildren();
  document.getElementById("results").classList.remove("stale");
  document.getElementById("results").dataset.awaits = "false";
  draw();
  const facts = { n: picture.n, futures: picture.futures, since: askedAt };
  requestAnimationFrame(() => requestAnimationFrame(() => document.dispatchEvent(new CustomEvent("picture", { detail: { ...facts, now: performance.now() } }))));
}

function draw() {
  const state = now();
  if (picture.outcome !== state.outcome) return;
  const names = namesOf(state);
  const title = say(`measures > ${state.outcome}`);
  told = sentences(picture, state, names, guessing).map(([text]) => text);
  const shares = sharesTold(picture, names, guessing);
  document.querySelector("#fan-figure strong").textContent = state.view === "difference" ? `${title}: ${say("told > difference")}` : title;
  drawFan(document.querySelector("#fan-figure .drawing"), picture, state, names, say("chart > alt", { title, told: told.join(" ") }), guessing);
  drawShares(document.querySelector("#shares-figure .drawing"), picture, names, say("chart > alt", { title: say("chart > shares_title"), told: shares }), guessing);
  const done = picture.n >= picture.futures;
  if (done || boot.offline) speakSentences(state, names);
  const line = done ? say("page > futures", { futures: picture.futures }) : say("page > working", { n: picture.n, futures: picture.futures });
  status([line, errorTold(picture, state.outcome)].filter(Boolean).join(". "), done);
  drawTables(state, names, done);
  const root = document.getElementById("results");
  root.dataset.futures = picture.n;
  root.dataset.done = done;
}

// Sentences change when the picture is finished, so that a screen reader is not interrupted by every refinement.
function speakSentences(state, names) {
  const made = sentences(picture, state, names, guessing).map(([text, kind]) => element("p", { class: kind }, text));
  const place = document.getElementById("told");
  if (place.textContent !== made.map((one) => one.textContent).join("")) place.replaceChildren(...made);
}

function drawTables(state, names, done) {
  const details = document.querySelector(".tables");
  details.hidden = guessing;
  document.querySelector("#scorecard-details summary").textContent = say("page > scorecard", { years: picture.weeks.at(-1) / 52 });
  if (!done) return;
  document.getElementById("numbers-here").replaceChildren(numbersTable(picture, state, names));
  document.getElementById("scorecard-here").replaceChildren(scorecard(picture, names));
  document.getElementById("printed").textContent = say("page > printed", { settings: settingsLine(state, names) });
}

function settingsLine(state, names) {
  const place = boot.choices.cases[state.case]?.name || state.case;
  return [place, ...["a", "b"].map((arm) => `${names[arm]} (${settingsTold(state, arm) || presetName("power", "default")})`), `${say("page > luck")} ${state.seed}`, basis()].join(". ");
}

function status(text) {
  const place = document.getElementById("status");
  if (place.textContent !== text) place.textContent = text;
}

function trouble(answer) {
  const place = document.getElementById("trouble");
  document.getElementById("results").classList.add("stale");
  document.getElementById("results").dataset.awaits = "false";
  if (picture) status("");
  const known = { busy: say("page > busy"), lost: say("page > lost") }[answer.error];
  const text = known || (answer.error === "pair" ? say("page > pair_line", { first: answer.first, second: answer.second }) : say("page > refused", { message: answer.message }));
  place.replaceChildren(element("span", {}, text));
  if (!known) place.append(button("undo-this", say("page > undo_this"), () => { if (history_.before.length) undo(history_); else history_.now = startState(); show(); }));
}

function whole() {
  const state = now();
  return wholePicture(`${say(`measures > ${state.outcome}`)} (${boot.choices.cases[state.case]?.name || state.case})`, told || [], settingsLine(state, namesOf(state)));
}

// ---- keys, sizes, printing ----

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=text]");
  if (!(event.ctrlKey || event.metaKey) || typing) {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((one) => { one.open = false; one.querySelector("summary").focus(); });
    return;
  }
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) undo(history_);
  else if (key === "y" || (key === "z" && event.shiftKey)) redo(history_);
  else return;
  event.preventDefault();
  show();
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
});
window.addEventListener("hashchange", () => act(() => fromHash(location.hash)));
window.addEventListener("beforeprint", () => { document.querySelectorAll(".tables details").forEach((one) => { one.open = true; }); if (picture) draw(); });
let resized = 0;
new ResizeObserver(() => { cancelAnimationFrame(resized); resized = requestAnimationFrame(() => { if (picture) draw(); }); }).observe(document.getElementById("results"));

speak(now().language);
document.documentElement.dataset.spoken = spoken();
show();
