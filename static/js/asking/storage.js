// What this browser keeps while there is no connection: words in its storage, photos in its
// database; each under the person who typed it, and forgotten when they sign out.
import { user } from "./page.js";

const PREFIX = "creditdesk:ask:";
const MINE = `${PREFIX}${user}:`;
const OLD = 30 * 24 * 3600 * 1000; // ms after which nobody comes back for it

/** All that this person has here, the latest first. */
export function entries() {
  const found = [];
  for (let index = 0; index < localStorage.length; index++) {
    const key = localStorage.key(index);
    if (!key.startsWith(MINE)) continue;
    const entry = parsed(localStorage.getItem(key));
    if (!entry || Date.now() - entry.at > OLD) localStorage.removeItem(key);
    else found.push({ ...entry, token: key.slice(MINE.length) });
  }
  return found.sort((one, other) => other.at - one.at);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keep what is typed; whether this browser can. */
export function keep(token, entry) {
  try {
    localStorage.setItem(MINE + token, JSON.stringify({ ...entry, at: Date.now() }));
    return true;
  } catch {
    return false;
  }
}

export function drop(token) {
  try {
    localStorage.removeItem(MINE + token);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

// Photos ------------------------------------------------------------------------------------

const DATABASE = "creditdesk-ask";
let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore("photos", { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
  return opening;
}

async function inPhotos(mode, act) {
  try {
    const store = (await database()).transaction("photos", mode).objectStore("photos");
    const request = act(store);
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return null; // it stays on the page, and is lost only with it
  }
}

/** Keep a photo till it has arrived; answers its number, null where nothing can be kept. */
export const keepPhoto = (photo) => inPhotos("readwrite", (store) => store.add({ ...photo, user }));

export const dropPhoto = (id) => id && inPhotos("readwrite", (store) => store.delete(id));

/** The photos of this person's request that have not arrived yet. */
export async function photosOf(token) {
  const all = (await inPhotos("readonly", (store) => store.getAll())) ?? [];
  return all.filter((photo) => photo.user === user && photo.token === token);
}
