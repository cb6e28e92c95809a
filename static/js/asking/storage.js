// What this browser keeps while there is no connection: words in its storage, photos in its
// database; each under the person who typed it. When it is forgotten, forgetting.js says.
import { PREFIX, openPhotos, photosIn } from "../forgetting.js";
import { user } from "./page.js";

const MINE = `${PREFIX}${user}:`;

/** All that this person has here, the latest first. */
export function entries() {
  const found = [];
  for (const key of Object.keys(localStorage)) {
    const entry = key.startsWith(MINE) && parsed(localStorage.getItem(key));
    if (entry) found.push({ ...entry, token: key.slice(MINE.length) });
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

let opening = null;

async function inPhotos(mode, act) {
  try {
    opening ??= openPhotos();
    const request = act(photosIn(await opening, mode));
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return null; // it stays on the page, and is lost only with it
  }
}

/** Keep a photo till it has arrived; answers its number, null where nothing can be kept. */
export const keepPhoto = (photo) =>
  inPhotos("readwrite", (store) => store.add({ ...photo, user, at: Date.now() }));

export const dropPhoto = (id) => id && inPhotos("readwrite", (store) => store.delete(id));

/** The photos of this person's request that have not arrived yet. */
export async function photosOf(token) {
  const all = (await inPhotos("readonly", (store) => store.getAll())) ?? [];
  return all.filter((photo) => photo.user === user && photo.token === token);
}
