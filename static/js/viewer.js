// Photos large: a dialog over the page, arrows from one to the next.

const words = document.querySelector("#toasts")?.dataset ?? {};
const ICONS = { close: "M18 6 6 18M6 6l12 12", before: "m15 18-6-6 6-6", after: "m9 18 6-6-6-6" };

let dialog, picture, caption, photos, shown;

function button(kind, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `viewer-${kind}`;
  made.setAttribute("aria-label", label ?? kind);
  made.innerHTML = `<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="${ICONS[kind]}"/></svg>`;
  made.addEventListener("click", act);
  return made;
}

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "viewer";
  const bar = document.createElement("div");
  bar.className = "viewer-bar";
  caption = document.createElement("p");
  caption.setAttribute("aria-live", "polite");
  bar.append(caption, button("close", words.close, () => dialog.close()));
  const stage = document.createElement("div");
  stage.className = "viewer-stage";
  picture = document.createElement("img");
  stage.append(picture);
  stage.addEventListener("click", (event) => event.target === stage && dialog.close());
  dialog.append(
    stage, bar,
    button("before", words.before, () => show(shown - 1)),
    button("after", words.after, () => show(shown + 1)),
  );
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    if (event.key === "ArrowRight") show(shown + 1);
  });
  dialog.addEventListener("close", () => photos[shown].focus());
  document.body.append(dialog);
}

function show(index) {
  shown = (index + photos.length) % photos.length;
  const name = photos[shown].title;
  picture.src = photos[shown].href;
  picture.alt = name;
  caption.textContent = photos.length > 1 ? `${name} · ${shown + 1} / ${photos.length}` : name;
  for (const turn of dialog.querySelectorAll(".viewer-before, .viewer-after")) {
    turn.hidden = photos.length < 2;
  }
}

document.addEventListener("click", (event) => {
  const photo = event.target.closest("a[data-photo]");
  if (!photo || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  photos = [...photo.closest("[data-viewer]").querySelectorAll("a[data-photo]")];
  if (!dialog) build();
  show(photos.indexOf(photo));
  dialog.showModal();
});
