// Photos by a link: each goes as soon as it is taken or chosen, with its progress, one after the
// other. One that did not arrive waits here, and goes once there is a connection again.
import { toast } from "./toasts.js";
import { rowOf } from "./upload_row.js";

const form = document.querySelector("[data-send-photos]");
const list = form.querySelector("[data-uploads]");
const arrived = form.querySelector("[data-arrived]");
const words = form.dataset;
const waiting = [];
const failed = new Set();
let isBusy = false;

form.addEventListener("change", (event) => {
  const files = [...event.target.files];
  event.target.value = "";
  for (const file of files) enqueue({ file, row: rowOf(file, list) });
});

function enqueue(upload) {
  waiting.push(upload);
  next();
}

function next() {
  if (isBusy || !waiting.length) return;
  isBusy = true;
  const upload = waiting.shift();
  send(upload, (isJudged) => {
    isBusy = false;
    if (isJudged) clear(upload);
    else again(upload);
    next();
  });
}

function send(upload, done) {
  const body = new FormData();
  body.append("photos", upload.file);
  const bar = upload.row.querySelector("progress");
  const request = new XMLHttpRequest();
  request.open("POST", location.href);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("load", () => {
    if (request.status === 410) location.reload(); // the page says why
    const isJudged = request.status === 200 || request.status === 422;
    if (isJudged) arrived.innerHTML = request.responseText;
    else toast(request.status === 429 ? words.tooOften : words.failed);
    done(isJudged);
  });
  for (const trouble of ["error", "abort", "timeout"]) {
    request.addEventListener(trouble, () => done(false));
  }
  request.timeout = 120_000;
  request.send(body);
}

function clear(upload) {
  const image = upload.row.querySelector("img");
  if (image) URL.revokeObjectURL(image.src);
  upload.row.remove();
  list.hidden = !list.children.length;
}

/** The photo stays in sight with a button to try again. */
function again(upload) {
  failed.add(upload);
  upload.row.classList.add("is-failed");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = words.again;
  button.addEventListener("click", () => retry(upload));
  upload.row.append(button);
}

function retry(upload) {
  if (!failed.delete(upload)) return;
  upload.row.querySelector("button").remove();
  upload.row.classList.remove("is-failed");
  enqueue(upload);
}

addEventListener("online", () => {
  for (const upload of [...failed]) retry(upload);
});

addEventListener("beforeunload", (event) => {
  if (isBusy || failed.size) event.preventDefault();
});
