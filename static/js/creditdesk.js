// Small conveniences; every page works without them.
import "./forgetting.js";
import "./keys.js";
import "./live.js";
import "./search.js";
import { toast } from "./toasts.js";
import "./viewer.js";

const all = (selector, root = document) => root.querySelectorAll(selector);

// Theme ---------------------------------------------------------------------------------

for (const row of all("[data-theme-menu]")) {
  const mark = () => {
    for (const button of all("button", row)) {
      const isChosen = button.value === document.documentElement.dataset.themeChoice;
      button.setAttribute("aria-pressed", String(isChosen));
    }
  };
  row.hidden = false;
  row.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    document.dispatchEvent(new CustomEvent("theme:choose", { detail: button.value }));
    mark();
  });
  mark();
}

// Menus close when one looks elsewhere --------------------------------------------------

document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of all("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Messages ------------------------------------------------------------------------------

for (const button of all("[data-dismiss]")) {
  button.hidden = false;
}
document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".message").remove();
});

// A form is sent once, however often its button is pressed ------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  busy(1);
});
addEventListener("pageshow", () => {
  for (const form of all("form[data-sending]")) delete form.dataset.sending;
});

// Filters apply when chosen -------------------------------------------------------------

document.addEventListener("change", (event) => {
  if (event.target.closest(".toolbar :is(select, input:not([type=search]))")) {
    event.target.form.requestSubmit();
  }
});

// Copying -------------------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  toast(button.dataset.copied, { tone: "success" });
});

// What takes longer than a moment shows that it runs ------------------------------------

let running = 0;
const busy = (change) => {
  running = Math.max(0, running + change);
  document.documentElement.classList.toggle("is-busy", running > 0);
};
document.addEventListener("htmx:beforeRequest", () => busy(1));
document.addEventListener("htmx:afterRequest", () => busy(-1));
addEventListener("pageshow", () => busy(-running));

// What went wrong with a fragment is said beside the page -------------------------------

const said = document.querySelector("#toasts")?.dataset ?? {};

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) {
    // A page that keeps what was typed says so itself.
    const isSaid = !document.dispatchEvent(new Event("signed-out", { cancelable: true }));
    if (!isSaid) toast(said.signedOut, { link: { href: said.signInUrl, text: said.signIn } });
  } else {
    toast(said.failed);
  }
});
document.addEventListener("htmx:sendError", () => toast(said.unreachable));
