// Notices beside the page. The same notice is shown once at a time.

const place = document.querySelector("#toasts");

/**
 * Show `text`; a `link` (`{href, text}`) opens in another tab, a `way` (`{text, go}`) is a button
 * that does something; what went well leaves by itself.
 */
export function toast(text, { link, way, tone = "error" } = {}) {
  if (!place || !text) return;
  if ([...place.children].some((shown) => shown.dataset.text === text)) return;
  const notice = document.createElement("div");
  notice.className = `message message-${tone}`;
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
  if (way) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = way.text;
    button.addEventListener("click", () => {
      notice.remove();
      way.go();
    });
    words.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "message-close";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", place.dataset.close);
  close.textContent = "×";
  notice.append(words, close);
  place.append(notice);
  if (tone !== "error") setTimeout(() => notice.remove(), way ? 15000 : 5000);
}
