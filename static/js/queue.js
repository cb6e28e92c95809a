// On a wide screen a glance at the note beside the list: of the first row, then of whichever
// is reached by key or focus. The list works without it.

import { isTyping } from "./keys.js";

const pane = document.querySelector("[data-preview-pane]");
const list = document.querySelector("[data-rows]");
const isWide = matchMedia("(min-width: 80rem)");
const PAUSE = 120; // a row that is only passed by is not fetched

let shown = null;
let waiting = 0;

function show(row) {
  if (!isWide.matches || !row?.dataset.preview || row === shown) return;
  shown?.classList.remove("is-previewed");
  shown = row;
  row.classList.add("is-previewed");
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    htmx.ajax("GET", row.dataset.preview, { target: pane, swap: "innerHTML" });
  }, PAUSE);
}

if (pane && list) {
  const rowOf = (event) => event.target.closest("[data-preview]");
  list.addEventListener("row:current", (event) => show(rowOf(event)));
  list.addEventListener("focusin", (event) => show(rowOf(event)));
  const first = () => show(list.querySelector("[data-preview]"));
  isWide.addEventListener("change", first);
  first();
}

// What is ticked is decided together; by key, the row one stands on where nothing is ticked ------

const CONTROLS = "input, textarea, select, button, summary";
const bulk = document.querySelector("[data-bulk]");
const ticks = () => [...document.querySelectorAll("[data-tick]:not(:disabled)")];
const all = document.querySelector("[data-tick-all]");

function count() {
  const chosen = ticks().filter((tick) => tick.checked).length;
  const told = bulk.querySelector("[data-bulk-count]");
  told.textContent = `${told.dataset.words} ${chosen}`;
  bulk.classList.toggle("is-idle", !chosen);
  all.checked = chosen > 0 && chosen === ticks().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

const current = () => document.querySelector("[data-rows] > .is-current");

function tickCurrent() {
  const tick = current()?.querySelector("[data-tick]");
  if (!tick || tick.disabled) return false;
  tick.checked = !tick.checked;
  count();
  return true;
}

if (bulk) {
  document.addEventListener("change", (event) => {
    if (event.target === all) for (const tick of ticks()) tick.checked = all.checked;
    if (event.target.matches("[data-tick], [data-tick-all]")) count();
  });
  bulk.addEventListener("submit", (event) => {
    if (ticks().some((tick) => tick.checked)) return;
    if (!tickCurrent()) event.preventDefault();
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isMeant = key === "x" ? !isTyping(target) : key === " " && !target.matches(CONTROLS);
    if (isMeant && tickCurrent()) event.preventDefault();
  });
  addEventListener("pageshow", count);
  count();
}

// A row that a colleague decided meanwhile stays where it is, says so and can't be ticked --------

function letGo(row) {
  const tick = row.querySelector("[data-tick]");
  row.classList.add("is-gone");
  if (!tick) return;
  tick.checked = false;
  tick.disabled = true;
}

document.querySelector("[data-queue-changes]")?.addEventListener("htmx:afterRequest", () => {
  for (const words of document.querySelectorAll("[data-rows] [data-gone]")) letGo(words.closest("tr"));
  if (bulk) count();
});
