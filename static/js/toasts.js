// Notices beside the page. The same notice is shown once at a time.

const place = document.querySelector("#toasts");

/** Show `text`, with a link (`{href, text}`) that opens in another tab where one is given. */
export function toast(text, link) {
  if (!place || !text) return;
  if ([...place.children].some((shown) => shown.dataset.text === text)) return;
  const notice = document.createElement("div");
  notice.className = "message message-error";
  notice.dataset.text = text;
  const words = document.createElement("span");
  words.textContent = `${text} `;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.target = "_blank";
    anchor.rel = "noopener";
    anchor.textContent = link.text;
    words.append(anchor);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "message-close";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", place.dataset.close);
  close.textContent = "×";
  notice.append(words, close);
  place.append(notice);
}
