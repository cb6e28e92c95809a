// Deciding note after note by key; every button works without it.

const SETTLING = 400; // milliseconds in which a second click was meant for the page before
const FRESH = 15_000; // a decision longer ago did not lead here
const KEY = "decided-at";

const form = document.querySelector("[data-decision-form]");
const dialog = document.querySelector("#reject-dialog");
const toQueue = document.querySelector("[data-to-queue]");
const comment = form?.elements.comment;
const why = form?.elements.why;
const hint = form?.querySelector("[data-return-hint]");

const verb = (name) => form?.querySelector(`[data-decision="${name}"]`);
const isTyping = (element) => element.matches("input, textarea, select");

// The second of two quick clicks, or a key held down, must not decide on the next note ---------

function remember(value) {
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the server's own guards remain.
  }
}

function justDecided() {
  try {
    return Date.now() - Number(sessionStorage.getItem(KEY)) < FRESH;
  } catch {
    return false;
  }
}

let isSettling = false;

function settle() {
  isSettling = true;
  form.setAttribute("aria-busy", "true");
  setTimeout(() => {
    isSettling = false;
    form.removeAttribute("aria-busy");
  }, SETTLING);
}

function ignoreWhileSettling(event) {
  if (!isSettling || !event.target.closest("button")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

addEventListener("keydown", (event) => {
  const isHeld = event.repeat && !isTyping(event.target);
  if (isHeld && event.key.length === 1) event.stopImmediatePropagation();
}, { capture: true });

// Return asks for words first; Ctrl and Enter sends them -----------------------------------------

function askForWords(event) {
  if (comment.value.trim()) return;
  event.preventDefault();
  hint.textContent = hint.dataset.words;
  comment.setAttribute("aria-required", "true");
  comment.focus();
}

function sendByKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = event.target === why ? verb("reject") : event.target === comment && hint.textContent ? verb("return") : null;
  if (!button) return;
  event.preventDefault();
  button.click();
}

// What was typed goes along into the question and back: at once, so that the next key is a letter ----

function carryWords(event) {
  const [from, to] = event.newState === "open" ? [comment, why] : [why, comment];
  if (from.value.trim()) {
    to.value = from.value;
    from.value = "";
  }
}

function goBack(event) {
  if (event.newState === "closed") verb("ask-to-reject").focus();
}

// Escape leads back to the queue, once nothing else is to be closed ----------------------------------

function leave(event) {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector(":popover-open, dialog[open], details.menu[open]")) return;
  if (document.querySelector("#search-sheet")?.childElementCount) return;
  if (isTyping(event.target)) event.target.blur();
  else toQueue?.click();
}

if (form) {
  if (justDecided()) settle();
  form.addEventListener("click", ignoreWhileSettling, { capture: true });
  form.addEventListener("submit", () => remember(Date.now()));
  verb("return").addEventListener("click", askForWords);
  form.addEventListener("keydown", sendByKey);
  dialog.addEventListener("beforetoggle", carryWords);
  dialog.addEventListener("toggle", goBack);
}
remember(null);
addEventListener("keydown", leave);
