// Lets an open page hear that something changed for whoever looks at it, as DOM events on
// the body: live:news, live:queue, live:note (detail.id) and live:note-<id>. What to do about
// it is the page's: as a rule htmx asks for a fragment again. Credit notes that a page follows
// are marked data-live-note="<id>".
//
// <body data-live-url="…"> says where the stream is. While there is none, or it can't be
// reached, everything is said to have changed now and then, so that pages ask by themselves.

const POLL = 30_000; // between two looks while nothing can be heard
const SAFETY = 300_000; // between two looks in any case
const SILENCE = 60_000; // the server says something every 40 s; after this it is gone
const HIDDEN = 20_000; // a page that nobody has seen for so long hangs up
const PAUSE = 1_000; // before the first attempt to connect again
const LONGEST_PAUSE = 60_000;
const MOST_NOTES = 100;

const { liveUrl } = document.body.dataset;

let source = null;
let followed = "";
let heard = performance.timeOrigin; // up to when we know all that happened
let looked = Date.now();
let deaf = !liveUrl; // the stream itself hears nothing, or there is none
let failures = 0;
let due = 0; // when to connect again
let hideTimer;
let ended = false; // signed out

function notes() {
  const ids = [...document.querySelectorAll("[data-live-note]")].map((each) => each.dataset.liveNote);
  return [...new Set(ids)].filter(Boolean).slice(0, MOST_NOTES).sort();
}

function say(name, detail) {
  document.body.dispatchEvent(new CustomEvent(`live:${name}`, { bubbles: true, detail }));
}

function sayNote(id) {
  say("note", { id });
  say(`note-${id}`, { id });
}

function sayEverything() {
  looked = Date.now();
  say("news");
  say("queue");
  notes().forEach(sayNote);
}

function mark() {
  document.documentElement.dataset.live = source?.readyState === EventSource.OPEN && !deaf ? "on" : "off";
}

// The stream ---------------------------------------------------------------------------

function connect() {
  hangUp();
  const ids = notes();
  followed = ids.join();
  const address = new URL(liveUrl, location.href);
  ids.forEach((id) => address.searchParams.append("note", id));
  address.searchParams.set("age", Math.max(0, Math.ceil(Date.now() - heard)));
  source = new EventSource(address, { withCredentials: true });
  source.addEventListener("message", ({ data }) => hear(data));
  source.addEventListener("error", lose);
  due = Date.now() + SILENCE;
}

function hangUp() {
  source?.close();
  source = null;
  mark();
}

function lose() {
  hangUp();
  const pause = Math.min(PAUSE * 2 ** failures, LONGEST_PAUSE);
  failures += 1;
  due = Date.now() + pause * (0.5 + Math.random());
  setTimeout(tick, due - Date.now());
}

function hear(word) {
  heard = Date.now();
  due = heard + SILENCE;
  failures = 0;
  const [kind, id] = word.split(" ");
  if (kind === "hello" || kind === "everything") deaf = false;
  if (kind === "away") deaf = true;
  if (kind === "news" || kind === "queue") say(kind);
  if (kind === "note") sayNote(id);
  if (kind === "everything") setTimeout(sayEverything, Math.random() * 2_000); // not all at once
  if (kind === "goodbye") end();
  mark();
}

// Asks once more, whose answer tells the person that they are signed out.
function end() {
  ended = true;
  hangUp();
  say("news");
}

// Time ---------------------------------------------------------------------------------

function tick() {
  if (ended || document.hidden) return;
  const now = Date.now();
  if (liveUrl && now >= due) {
    if (source) lose();
    else connect();
  }
  const isHeard = source?.readyState === EventSource.OPEN && !deaf;
  if (now - looked >= (isHeard ? SAFETY : POLL)) sayEverything();
}

function show() {
  clearTimeout(hideTimer);
  if (ended || document.hidden) return;
  if (liveUrl && !source) connect();
  tick();
}

function hide() {
  clearTimeout(hideTimer);
  hideTimer = setTimeout(hangUp, HIDDEN);
}

if (liveUrl !== undefined) {
  document.addEventListener("visibilitychange", () => (document.hidden ? hide() : show()));
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => event.persisted && show());
  document.addEventListener("htmx:afterSettle", () => {
    if (source && notes().join() !== followed) connect();
  });
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status !== 401) return;
    ended = true;
    hangUp();
  });
  setInterval(tick, 5_000);
  show();
}
