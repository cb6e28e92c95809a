// A reply is put where one writes; without this, its link opens the page with it written there.

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-reply]");
  const box = link && document.getElementById(link.dataset.replyInto);
  if (!box) return;
  event.preventDefault();
  const { selectionStart: start, selectionEnd: end } = box;
  box.setRangeText(link.dataset.reply, start, end, "end");
  link.closest("details").open = false;
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
