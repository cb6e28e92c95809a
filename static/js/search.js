// The search box: results below it as one types, walked through by arrow keys, opened by
// Enter; Escape closes them. Without words it offers what was opened lately in this tab.

const box = document.querySelector("[data-search-box]");
const sheet = document.querySelector("#search-sheet");
const MOST_RECENT = 6;

const options = () => [...sheet.querySelectorAll('[role="option"]')];
const active = () => sheet.querySelector('[role="option"][aria-selected="true"]');
const isOpen = () => sheet.childElementCount > 0;
let unwanted = false; // what is asked for, since Escape was pressed

function close() {
  sheet.replaceChildren();
  told();
}

// The box says whether results are there and which one the arrows have reached.
function told() {
  const reached = active();
  box.setAttribute("aria-expanded", String(options().length > 0));
  if (reached) box.setAttribute("aria-activedescendant", reached.id);
  else box.removeAttribute("aria-activedescendant");
}

function choose(option) {
  active()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  told();
}

function step(by) {
  const all = options();
  if (!all.length) return;
  const here = all.indexOf(active());
  // Above the first and below the last stands the box itself, where one goes on typing.
  const there = here < 0 && by < 0 ? all.length - 1 : here + by;
  choose(all[there]);
}

// What was opened lately: kept in this tab only, and apart for each person who signs in.

const recentKey = (person) => `creditdesk:recent:${person}`;

function recent(person) {
  try {
    return JSON.parse(sessionStorage.getItem(recentKey(person))) ?? [];
  } catch {
    return [];
  }
}

function remember(link) {
  const person = link.closest("[data-person]")?.dataset.person;
  if (!person || !link.dataset.recent) return;
  const entry = {
    url: link.getAttribute("href"),
    title: link.querySelector(".row-title").textContent.trim(),
    sub: link.querySelector(".row-sub").textContent.trim(),
  };
  const others = recent(person).filter((each) => each.url !== entry.url);
  const kept = JSON.stringify([entry, ...others].slice(0, MOST_RECENT));
  try {
    sessionStorage.setItem(recentKey(person), kept);
  } catch {
    // A browser that keeps nothing offers nothing.
  }
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function showRecent() {
  const place = sheet.querySelector("[data-search-recent]");
  if (!place) return;
  const entries = recent(place.dataset.searchRecent);
  if (!entries.length) return;
  const list = element("div", "search-group");
  list.id = "search-options";
  list.dataset.person = place.dataset.searchRecent;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", place.dataset.heading);
  entries.forEach((entry, index) => {
    const link = element("a", "row-link search-hit");
    link.id = `recent-${index}`;
    link.href = entry.url;
    link.tabIndex = -1;
    link.dataset.recent = "recent";
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.append(element("span", "row-title", entry.title), element("span", "row-sub", entry.sub));
    list.append(link);
  });
  place.append(element("p", "search-group-head", place.dataset.heading), list);
  place.hidden = false;
}

// An empty box asks for the hints, which htmx fetches only when somebody types.
function open() {
  unwanted = false;
  if (isOpen() || box.value.trim().length > 1) return;
  window.htmx?.ajax("GET", box.getAttribute("hx-get"), { source: sheet, target: sheet });
}

function onKey(event) {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (isOpen()) step(event.key === "ArrowDown" ? 1 : -1);
    else open();
  } else if (event.key === "Enter" && active()) {
    event.preventDefault();
    active().click();
  } else if (event.key === "Escape") {
    unwanted = true;
    if (!isOpen()) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  } else if (event.key === "Tab") {
    close();
  }
}

if (box && sheet) {
  const said = element("span", "visually-hidden");
  said.setAttribute("role", "status");
  box.form.append(said);
  box.dataset.key = "/"; // the key that leads here: see keys.js
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-haspopup", "listbox");
  box.setAttribute("aria-controls", "search-sheet");
  sheet.removeAttribute("aria-live");
  told();

  box.addEventListener("keydown", onKey);
  box.addEventListener("focus", open);
  box.addEventListener("input", () => {
    unwanted &&= !box.value; // Escape empties the box, too
    if (!box.value.trim()) close();
  });
  sheet.addEventListener("click", (event) => {
    const link = event.target.closest('[role="option"]');
    if (link) remember(link);
  });
  sheet.addEventListener("pointermove", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option && option !== active()) choose(option);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".searchbox")) close();
  });

  // An answer that comes after one has looked away, or has pressed Escape, is too late.
  sheet.addEventListener("htmx:beforeSwap", (event) => {
    if (unwanted || !box.form.contains(document.activeElement)) event.detail.shouldSwap = false;
  });
  sheet.addEventListener("htmx:afterSwap", () => {
    showRecent();
    said.textContent = sheet.querySelector("[data-search-said]")?.textContent.trim() ?? "";
    told();
  });
}
