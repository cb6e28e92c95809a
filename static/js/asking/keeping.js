// What is typed saves itself: on the server while there is a connection, on this device while
// there is none. It comes back with the page, and goes to the server when it can.
import { toast } from "../toasts.js";
import { followReason, showAll } from "./lines.js";
import { changed, form, opened, say, words } from "./page.js";
import { drop, entries, keep } from "./storage.js";

const PAUSE = 1000; // ms after the last key
const APART = 3000; // ms between two saves
const AGAIN = 8000; // ms until it is tried again after the server did not answer
const LONGEST = 60_000; // bytes that a browser still sends for a page that goes
const NOT_TYPED = ["csrfmiddlewaretoken", "token", "revision", "writer", "invoice", "delivery"];

const stale = form.querySelector("[data-stale]");
const { signedOut, signIn, signInUrl } = document.querySelector("#toasts").dataset;
let isDirty = false;
let wished; // "send" after one tried to
let isHeld = true; // whether this browser could keep it
let isStale = false; // another page has saved
let isGone = false; // it was deleted elsewhere
let isLeaving = false;
let underWay = null;
let last = 0;
let timer;

const token = () => form.elements.token.value;

// Whose saves follow each other: a page knows its own, though an answer was lost on the way.
form.elements.writer.value = [...crypto.getRandomValues(new Uint8Array(12))]
  .map((byte) => byte.toString(16).padStart(2, "0"))
  .join("");

/** All fields but files, as pairs. */
function pairs() {
  const data = new FormData(form);
  return [...data].filter(([, value]) => typeof value === "string");
}

/** Remember that it is to be sent once that is possible. */
export function wish() {
  wished = "send";
  hold();
}

/** Keep it on this device. */
function hold() {
  const fields = pairs().filter(([name]) => !NOT_TYPED.includes(name));
  if (isGone) return drop(token());
  const revision = form.elements.revision.value;
  const writer = form.elements.writer.value;
  isHeld = keep(token(), { page: opened, writer, revision, fields, wish: wished });
  return undefined;
}

function plan(wait = PAUSE) {
  clearTimeout(timer);
  if (!isStale) timer = setTimeout(() => save(), Math.max(wait, last + APART - Date.now()));
}

/**
 * Save what is typed on the server. Answers "kept", "unreachable" where there is no
 * connection, "signed out" where the session is over, and "refused" where the server said why not.
 */
export function save({ always = false } = {}) {
  if (isStale) return Promise.resolve("refused");
  if (underWay) return underWay.then(() => (isDirty || always ? save({ always }) : "kept"));
  if (!isDirty && !always) return Promise.resolve("kept");
  clearTimeout(timer);
  isDirty = false;
  last = Date.now();
  underWay = post()
    .catch(() => "unreachable")
    .then(settle)
    .finally(() => {
      underWay = null;
    });
  return underWay;
}

async function post() {
  const body = new URLSearchParams(pairs());
  const answer = await fetch(words.keep, {
    method: "POST",
    body,
    headers: { "HX-Request": "true" },
    keepalive: body.toString().length < LONGEST,
  });
  if (answer.status === 204) return "kept";
  if (answer.status === 401) return "signed out";
  const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
  if (!isOurs) return answer.status < 500 ? refused(words.failed) : "unreachable";
  const state = await answer.json();
  if (state.sent) return arrived(state.sent);
  return answer.ok ? adopt(state) : outdated(state);
}

function settle(outcome) {
  if (outcome === "kept") {
    if (!isDirty) {
      drop(token());
      if (form.elements.revision.value > 0) say(words.wordsSaved);
    }
    form.dispatchEvent(new CustomEvent("ask:kept"));
  } else {
    isDirty = true;
    hold();
    if (outcome === "unreachable") {
      say(isHeld ? words.wordsOffline : words.wordsLost, "waiting");
      plan(AGAIN);
    }
    if (outcome === "signed out") sayEnded();
  }
  return outcome;
}

/** The session is over: say that nothing is lost, and lead to the sign-in and back to this page. */
function sayEnded() {
  say(isHeld ? words.wordsSignedOut : words.wordsSignedOutLost, "wrong");
  const here = encodeURIComponent(location.pathname + location.search);
  if (!isHeld) toast(signedOut, { link: { href: signInUrl, text: signIn } });
  else toast(words.signedOut, { way: { text: signIn, go: () => goTo(`${signInUrl}?next=${here}`) } });
}

function goTo(address) {
  leave();
  location.assign(address);
}

document.addEventListener("signed-out", (event) => {
  event.preventDefault();
  if (isDirty) hold();
  sayEnded();
});

function refused(why) {
  say(why, "wrong");
  return "refused";
}

/** The page goes on with the draft as it is kept now. */
function adopt(state) {
  form.elements.revision.value = state.revision;
  if (form.action !== new URL(state.address, location).href) {
    form.action = state.address;
    history.replaceState(history.state, "", state.address);
  }
  return "kept";
}

/** Another device has sent it. */
function arrived(address) {
  drop(token());
  goTo(address);
  return "kept";
}

// Another device was faster: nothing is overwritten until one says so ---------------------------

function outdated(state) {
  if (state.newest) {
    isStale = true;
    stale.hidden = false;
    stale.dataset.newest = state.newest;
    stale.querySelector("[data-open-newest]").href = state.address;
  }
  if (state.isGone) isGone = isStale = true;
  return refused(state.problem);
}

stale.querySelector("[data-open-newest]").addEventListener("click", () => {
  leave();
  drop(token());
});

stale.querySelector("[data-keep-mine]").addEventListener("click", () => {
  form.elements.revision.value = stale.dataset.newest;
  stale.hidden = true;
  isStale = false;
  save({ always: true });
});

// What this device kept comes back --------------------------------------------------------------

/** The entry that belongs to this page; answers what was wished of it. */
export function restore() {
  let found;
  try {
    const all = entries();
    found = all.find((each) => each.token === token());
    const isFresh = form.elements.revision.value === "0" && !words.bound;
    if (isFresh) found ??= all.find((each) => each.page === opened);
  } catch {
    return undefined;
  }
  if (!found) {
    if (isTyped()) touched({ target: form });
    return undefined;
  }
  if (words.bound) {
    drop(found.token); // the server shows what was sent, with what is wrong
    return undefined;
  }
  wished = found.wish;
  form.elements.token.value = found.token;
  form.elements.writer.value = found.writer;
  // Where another page has saved since, the server says so, and one is asked.
  if (found.revision !== "0") form.elements.revision.value = found.revision;
  put(found.fields);
  isDirty = true;
  say(navigator.onLine ? words.wordsRestored : words.wordsOffline, "waiting");
  changed();
  plan(0);
  return found.wish;
}

/** Whether somebody was faster than this script, or the browser filled in what they had typed. */
function isTyped() {
  return [...form.elements].some((control) =>
    control.type === "radio"
      ? control.checked !== control.defaultChecked
      : control.matches("input[name], textarea") && control.value !== control.defaultValue,
  );
}

function put(fields) {
  const said = new Map(fields);
  for (const control of form.elements) {
    if (!control.name || NOT_TYPED.includes(control.name)) continue;
    if (control.type === "radio") control.checked = said.get(control.name) === control.value;
    else if (said.has(control.name) && !["file", "submit", "button"].includes(control.type)) {
      control.value = said.get(control.name);
    }
  }
  followReason();
  putValues(said);
  showAll();
}

/** Following the reason clears what a line can't be asked by; what was typed stands all the same. */
function putValues(said) {
  for (const control of form.querySelectorAll("[name^='line-'][name$='-value']")) {
    if (said.has(control.name)) control.value = said.get(control.name);
  }
}

// When ------------------------------------------------------------------------------------------

function touched(event) {
  if (event.target.matches?.("[type=file]")) return;
  isDirty = true;
  isLeaving = false;
  hold();
  if (navigator.onLine) plan();
  else say(isHeld ? words.wordsOffline : words.wordsLost, "waiting");
}

/** The page goes on purpose. */
export function leave() {
  isLeaving = true;
}

form.addEventListener("input", touched);
form.addEventListener("ask:changed", touched);
form.addEventListener("focusout", () => {
  if (isDirty && navigator.onLine) plan(200);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && !isLeaving) save();
});
addEventListener("pagehide", () => {
  if (!isLeaving) save();
});
addEventListener("offline", () => say(words.wordsOffline, "waiting"));
addEventListener("pageshow", () => {
  isLeaving = false;
});

// A warning only where leaving would lose something -----------------------------------------------

addEventListener("beforeunload", (event) => {
  if (!isLeaving && isDirty && !isHeld) event.preventDefault();
});
