// The request page: its form, whose it is, and what a module tells the others.

export const form = document.querySelector("[data-ask]");
export const words = form.dataset;
export const user = words.user;
/** The address under which the page was opened; it changes once there is a draft. */
export const opened = location.pathname + location.search;

export const changed = () => form.dispatchEvent(new CustomEvent("ask:changed", { bubbles: true }));

const state = form.querySelector("[data-state]");

/** Say quietly how safe the words are; `tone` is saved, waiting or wrong. */
export function say(sentence, tone = "saved") {
  if (state.textContent !== sentence) state.textContent = sentence;
  state.dataset.tone = tone;
  state.hidden = !sentence;
}
