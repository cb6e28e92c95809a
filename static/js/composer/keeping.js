// The draft keeps itself: a moment after typing, on leaving a field, and when the page goes.
import { form } from "./page.js";

const PAUSE = 1200; // ms after the last key
const APART = 4000; // ms between two saves
const AGAIN = 8000; // ms until it is tried again after the server did not answer
const OWN = ["add_number", "same_percent"]; // the page's own fields, no part of the draft
const LONGEST = 60_000; // bytes that a browser still sends for a page that goes

const words = form.dataset;
const line = form.querySelector("[data-saved]");
const text = form.querySelector("[data-saved-text]");
const stale = form.querySelector("[data-stale]");

let isDirty = "changed" in form.dataset; // the server kept what was typed, and saved it not
let isStale = false;
let isLeaving = false;
let underWay = null;
let last = 0;
let timer;


/** Say how the draft stands; `tone` is saved, waiting or wrong. */
function say(sentence, tone = "saved") {
  text.textContent = sentence;
  line.dataset.tone = tone;
}

const notSaved = (why) => say(`${words.wordsUnsaved}: ${why}`, "wrong");

function plan(wait = PAUSE) {
  clearTimeout(timer);
  if (!words.autosave || isStale) return;
  timer = setTimeout(() => save(), Math.max(wait, last + APART - Date.now()));
}

function sent(start) {
  const data = new FormData(form);
  data.delete("photos");
  for (const own of OWN) data.delete(own);
  data.set("do", start ? "start" : "autosave");
  return new URLSearchParams(data);
}

/** Save what is typed; `start` also starts a draft of nothing. Answers the note's state. */
export function save({ start = false } = {}) {
  if (!words.autosave || isStale || isLeaving) return Promise.resolve(null);
  if (underWay) return underWay.then(() => (isDirty || start ? save({ start }) : null));
  if (!isDirty && !start) return Promise.resolve(null);
  clearTimeout(timer);
  isDirty = false;
  last = Date.now();
  underWay = post(start)
    .catch(unreachable)
    .finally(() => {
      underWay = null;
    });
  return underWay;
}

async function post(start) {
  const body = sent(start);
  const answer = await fetch(words.autosave, {
    method: "POST",
    body,
    headers: { "HX-Request": "true" },
    keepalive: body.toString().length < LONGEST,
  });
  if (answer.status === 204) return null;
  const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
  const state = isOurs ? await answer.json() : {};
  if (answer.ok && isOurs) return adopt(state);
  isDirty = true;
  if (state.stale) outdated(state);
  else if (answer.status === 401) notSaved(words.wordsSignedOut);
  else if (state.problem) notSaved(state.problem);
  else unreachable();
  return null;
}

function unreachable() {
  isDirty = true;
  if (navigator.onLine) notSaved(words.wordsFailed);
  else say(words.wordsOffline, "wrong");
  plan(AGAIN);
  return null;
}

/** The page goes on with the note as it is kept now. */
function adopt(state) {
  form.elements.version.value = state.version;
  if (!form.elements.note) {
    const note = document.createElement("input");
    note.type = "hidden";
    note.name = "note";
    form.append(note);
  }
  form.elements.note.value = state.note;
  words.attach = state.attach;
  if (form.action !== new URL(state.address, location).href) {
    form.action = state.address;
    history.replaceState(history.state, "", state.address);
  }
  say(state.said);
  return state;
}

// Somebody else was faster: nothing is overwritten until one says so --------------------------

function outdated(state) {
  isStale = true;
  notSaved(state.problem);
  stale.hidden = false;
  stale.querySelector("[data-open-newest]").href = form.action;
  stale.dataset.newest = state.newest;
}

stale.querySelector("[data-open-newest]").addEventListener("click", () => {
  isLeaving = true;
});

stale.querySelector("[data-keep-mine]").addEventListener("click", () => {
  form.elements.version.value = stale.dataset.newest;
  stale.hidden = true;
  isStale = false;
  save();
});

// When --------------------------------------------------------------------------------------

function touched(event) {
  if (event.target.matches?.("[type=file]")) return;
  const { name } = event.target;
  if (event.target !== form && (!name || OWN.includes(name))) return;
  isDirty = true;
  isLeaving = false;
  if (words.autosave) plan();
  else say(words.wordsByHand, "waiting");
}

form.addEventListener("input", touched);
form.addEventListener("composer:changed", touched);
form.addEventListener("focusout", () => {
  if (isDirty) plan(200);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") save();
});
addEventListener("pagehide", () => save());
addEventListener("offline", () => say(words.wordsOffline, "wrong"));
addEventListener("online", () => {
  say(words.wordsSaving, "waiting");
  isDirty = true;
  plan(0);
});
if (isDirty) plan();

form.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) isLeaving = true;
});
addEventListener("pageshow", () => {
  isLeaving = false;
});

// A warning only where leaving would lose something: what saves itself needs none -------------

addEventListener("beforeunload", (event) => {
  const isKept = words.autosave && line.dataset.tone !== "wrong" && !isStale;
  if (isLeaving || !isDirty || isKept) return;
  event.preventDefault();
});
