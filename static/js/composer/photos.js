// Photos are taken in while one goes on typing; each shows how far it is.
import { form } from "./page.js";
import { save } from "./keeping.js";

const input = form.querySelector("[name=photos]");
const list = form.querySelector("[data-uploads]");

input.addEventListener("change", async () => {
  const files = [...input.files];
  if (!files.length) return;
  const shown = files.map(show);
  if (!form.dataset.attach) await save({ start: true });
  if (!form.dataset.attach) return; // they stay chosen, and go with the form
  const taken = [];
  for (const [position, file] of files.entries()) taken.push(await send(file, shown[position]));
  if (taken.every(Boolean)) input.value = "";
});

function show(file) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  item.append(name, bar);
  list.append(item);
  list.hidden = false;
  return item;
}

/** Send one file; true once the server has judged it, false where it could not be reached. */
function send(file, item) {
  const data = new FormData();
  data.append("photos", file);
  data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.dataset.attach);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) item.querySelector("progress").value = event.loaded / event.total;
    });
    request.addEventListener("load", () => resolve(taken(request, item)));
    request.addEventListener("error", () => resolve(failed(item)));
    request.send(data);
  });
}

function taken(request, item) {
  if (request.status !== 200 && request.status !== 422) return failed(item);
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const photos = document.adoptNode(page.querySelector("#photos"));
  document.querySelector("#photos").replaceWith(photos);
  window.htmx?.process(photos);
  item.remove();
  list.hidden = !list.children.length;
  return true;
}

function failed(item) {
  item.querySelector("progress").remove();
  item.classList.add("composer-upload-failed");
  item.append(form.dataset.wordsUnsaved);
  return false;
}
