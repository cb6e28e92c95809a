// Photos: each is sent as soon as it is chosen, with its progress. One that could not be sent
// waits on this device, over a reload too, and goes when there is a connection again.
import { toast } from "../toasts.js";
import { rowOf } from "../upload_row.js";
import { changed, form, words } from "./page.js";
import { dropPhoto, keepPhoto, photosOf } from "./storage.js";

const waiting = [];
const failed = new Set();
let isBusy = false;
let after = [];

const token = () => form.elements.token.value;

form.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.matches("[type=file]")) return;
  const files = [...input.files];
  const of = input.closest("[data-photos-of]").dataset.photosOf;
  input.value = "";
  for (const file of files) {
    const id = await keepPhoto({ token: token(), of, name: file.name, blob: file });
    enqueue({ id, file, of });
  }
});

/** Those that an earlier page left behind. */
export async function resume() {
  for (const photo of await photosOf(token())) {
    const file = new File([photo.blob], photo.name, { type: photo.blob.type });
    enqueue({ id: photo.id, file, of: photo.of });
  }
}

/** The photos that are shown together: of a line, or of the whole. */
function place(of) {
  const places = [...form.querySelectorAll("[data-photos-of]")];
  return places.find((each) => each.dataset.photosOf === of) ?? places[0];
}

function enqueue(upload) {
  upload.row = rowOf(upload.file, place(upload.of).querySelector("[data-uploads]"));
  waiting.push(upload);
  next();
}

function clear(upload) {
  const image = upload.row.querySelector("img");
  if (image) URL.revokeObjectURL(image.src);
  const list = upload.row.parentElement;
  upload.row.remove();
  if (list) list.hidden = !list.children.length;
  dropPhoto(upload.id);
}

function next() {
  if (isBusy) return;
  const upload = waiting.shift();
  if (!upload) {
    const calls = after;
    after = [];
    for (const call of calls) call();
    return;
  }
  isBusy = true;
  const body = new FormData();
  body.append("photos", upload.file);
  body.append("of", upload.of);
  const bar = upload.row.querySelector("progress");
  send(body, upload.of, (share) => (bar.value = share), (isJudged) => {
    isBusy = false;
    if (isJudged) {
      clear(upload);
      changed(); // the draft has an address now
    } else again(upload);
    next();
  });
}

/** The photo stays in sight with a button to try again; the request can be sent without. */
function again(upload) {
  failed.add(upload);
  upload.row.classList.add("is-failed");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = words.again;
  button.addEventListener("click", () => retry(upload));
  upload.row.append(button);
  if (navigator.onLine) toast(words.failed);
}

function retry(upload) {
  if (!failed.delete(upload)) return;
  upload.row.querySelector("button")?.remove();
  upload.row.classList.remove("is-failed");
  waiting.push(upload);
  next();
}

addEventListener("online", () => {
  for (const upload of [...failed]) retry(upload);
});

function send(body, of, tell, done) {
  for (const field of form.querySelectorAll("[name=csrfmiddlewaretoken], [name=token], [name=invoice]")) {
    body.append(field.name, field.value);
  }
  const request = new XMLHttpRequest();
  request.open("POST", words.photosUrl);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) tell((100 * event.loaded) / event.total);
  });
  request.addEventListener("load", () => {
    if (request.status === 401) document.dispatchEvent(new Event("signed-out"));
    const isAnswer = request.status === 200 || request.status === 422;
    if (isAnswer) place(of).querySelector("[data-kept-photos]").innerHTML = request.responseText;
    done(isAnswer);
  });
  for (const trouble of ["error", "abort", "timeout"]) {
    request.addEventListener(trouble, () => done(false));
  }
  request.timeout = 120_000;
  request.send(body);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-kept-photos] [name=remove]");
  if (!button) return;
  event.preventDefault();
  button.disabled = true;
  const of = button.closest("[data-photos-of]").dataset.photosOf;
  const body = new FormData();
  body.append("remove", button.value);
  body.append("of", of);
  send(body, of, () => {}, (isDone) => {
    button.disabled = false;
    if (!isDone) toast(words.failed);
  });
});

export const isUploading = () => isBusy || waiting.length > 0;
export const isAnyLeft = () => failed.size > 0;
export const whenUploaded = (call) => after.push(call);
