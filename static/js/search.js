// The search box: "/" leads to it, arrows walk through what is found, Escape closes it.

const box = document.querySelector("[data-search-box]");
const sheet = document.querySelector("#search-sheet");

const isTyping = (element) =>
  element.isContentEditable || element.matches("input, textarea, select");

function close() {
  sheet.replaceChildren();
}

function step(event) {
  const stops = [box, ...sheet.querySelectorAll(".row-link, .search-hint a")];
  const here = stops.indexOf(document.activeElement);
  const there = stops[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (here < 0 || !there) return;
  event.preventDefault();
  there.focus();
}

if (box && sheet) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (isTyping(event.target)) return;
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && sheet.childElementCount) {
      close();
      box.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (sheet.childElementCount) step(event);
    }
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest(".searchbox")) close();
  });

  box.addEventListener("input", () => {
    if (!box.value.trim()) close();
  });

  // An answer that comes after the words were wiped away, or to another page, is too late.
  sheet.addEventListener("htmx:beforeSwap", (event) => {
    if (!box.value.trim()) event.detail.shouldSwap = false;
  });
}
