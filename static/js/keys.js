// The keyboard: j and k move through a list, Enter opens, and what else a page offers.
//
// A list says data-rows on the element whose children are the rows; a page's own command says
// data-key (the key) and data-key-label (its words, for the help sheet).

export const isTyping = (element) =>
  element.isContentEditable
  || element.matches("input:not([type=checkbox], [type=radio]), textarea, select");

const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;

const rows = () =>
  [...document.querySelectorAll("[data-rows] > *")].filter((row) => row.offsetParent && linkOf(row));

const linkOf = (row) => (row.matches("a") ? row : row.querySelector("a[href]"));

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const here = all.findIndex((row) => row.classList.contains("is-current"));
  const there = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
  if (!there) return true;
  all[here]?.classList.remove("is-current");
  there.classList.add("is-current");
  linkOf(there).focus({ preventScroll: true });
  there.scrollIntoView({ block: "nearest" });
  there.dispatchEvent(new CustomEvent("row:current", { bubbles: true }));
  return true;
}

function command(key) {
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found || found.disabled) return false;
  if (found.matches("input, textarea, select")) found.focus();
  else found.click();
  return true;
}

function showHelp() {
  const sheet = document.querySelector("#keys-help");
  if (!sheet) return false;
  const list = sheet.querySelector("[data-keys-of-page]");
  list.replaceChildren();
  for (const offer of document.querySelectorAll("[data-key][data-key-label]")) {
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    key.textContent = offer.dataset.key;
    term.append(key);
    const words = document.createElement("dd");
    words.textContent = offer.dataset.keyLabel;
    list.append(term, words);
  }
  sheet.togglePopover();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!isPlain(event) || isTyping(event.target) || event.defaultPrevented) return;
  if (document.querySelector(".dialog:popover-open, dialog[open]") && event.key !== "?") return;
  const done =
    event.key === "?" ? showHelp()
    : event.key === "j" ? move(1) || command("j")
    : event.key === "k" ? move(-1) || command("k")
    : event.key.length === 1 && command(event.key);
  if (done) event.preventDefault();
});

// A click anywhere in a row is a click on its first link, unless words are being selected.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row-link]");
  if (!row || event.target.closest("a, button, input, label, select, summary")) return;
  if (String(getSelection())) return;
  const link = linkOf(row);
  if (event.ctrlKey || event.metaKey) open(link.href, "_blank", "noopener");
  else link.click();
});
