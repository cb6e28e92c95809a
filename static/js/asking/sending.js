// Sending: first the words are safe, then the photos are there, then it goes. Without a
// connection it waits, and goes by itself once there is one.
import { toast } from "../toasts.js";
import { leave, save, wish } from "./keeping.js";
import { form, say, words } from "./page.js";
import { isAnyLeft, isUploading, whenUploaded } from "./photos.js";

const button = form.querySelector("[data-send]");
const waitingNotice = form.querySelector("[data-waits]");
let isPassed = false;
let isTrying = false;
let isWished = false;

form.addEventListener(
  "submit",
  (event) => {
    if (isPassed) return leave();
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.submitter?.name) change(event.submitter);
    else send();
    return undefined;
  },
  true,
);

/** Another button: what is typed is safe first, then the server does the rest. */
async function change(submitter) {
  if (isTrying) return;
  isTrying = true;
  const outcome = navigator.onLine ? await save({ always: true }) : "unreachable";
  isTrying = false;
  if (outcome === "unreachable") return toast(words.wordsOffline);
  if (outcome === "signed out") return undefined; // it was said, and how to go on
  isPassed = true;
  form.requestSubmit(submitter);
  return undefined;
}

async function send() {
  if (isTrying) return;
  isTrying = true;
  button.setAttribute("aria-busy", "true");
  const outcome = navigator.onLine ? await save({ always: true }) : "unreachable";
  isTrying = false;
  button.removeAttribute("aria-busy");
  if (outcome === "unreachable") wait();
  else if (outcome === "signed out") wish();
  else if (isUploading()) whenUploaded(send);
  else if (isAnyLeft() && !navigator.onLine) wait();
  else pass();
}

function pass() {
  waitingNotice.hidden = true;
  isPassed = true;
  form.requestSubmit(button);
}

/** Remember the wish; the person may go on typing, or close the page. */
function wait() {
  isWished = true;
  wish();
  waitingNotice.hidden = false;
  say(words.wordsWaits, "waiting");
  if (!navigator.onLine) toast(words.offline);
}

addEventListener("online", () => save({ always: isWished }));

form.addEventListener("ask:kept", () => {
  if (!isWished || isTrying) return;
  isWished = false;
  if (isUploading()) whenUploaded(send);
  else send();
});

/** A page that was left with the wish to send asks once more: the person may have thought again. */
export function offer() {
  isWished = false;
  form.querySelector("[data-waits-words]").textContent = words.wordsUnsent;
  waitingNotice.hidden = false;
}

form.querySelector("[data-send-now]").addEventListener("click", send);
addEventListener("pageshow", () => {
  isPassed = false;
});
