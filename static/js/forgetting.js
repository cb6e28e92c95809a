// What a browser keeps of a request that is not sent, words in its storage and photos in its
// database, is the person's who typed it. Who signs out takes it along; where a session ended by
// itself, the first page of the next person sweeps it away, and what nobody came back for.

export const PREFIX = "creditdesk:ask:";
const MARK = "creditdesk:forget";
const DATABASE = "creditdesk-ask";
const PHOTOS = "photos";
const OLD = 30 * 24 * 3600 * 1000; // ms after which nobody comes back for it

const { user } = document.body.dataset;

/** Whether nobody comes back for what was kept then, in ms; what has no time is new. */
export const isOld = (at) => Date.now() - (at ?? Date.now()) > OLD;

/** The database of the photos, made where there is none. */
export function openPhotos() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore(PHOTOS, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** Its photos, to be read or changed. */
export const photosIn = (database, mode) =>
  database.transaction(PHOTOS, mode).objectStore(PHOTOS);

// Signing out ---------------------------------------------------------------------------------

function forget() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    }
    localStorage.setItem(MARK, "yes"); // photos go now, or with the next page
    forgetPhotos();
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

function forgetPhotos() {
  const request = indexedDB.deleteDatabase(DATABASE);
  request.onsuccess = () => localStorage.removeItem(MARK);
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) forget();
});

try {
  if (localStorage.getItem(MARK)) forgetPhotos();
} catch {
  // Nothing is kept here.
}

// Nobody signed out ---------------------------------------------------------------------------

/** Words of others, or that nobody came back for. */
function sweepWords() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const isMine = key.startsWith(`${PREFIX}${user}:`);
    if (!isMine || isOld(timeOf(localStorage.getItem(key)))) localStorage.removeItem(key);
  }
}

function timeOf(entry) {
  try {
    return JSON.parse(entry).at;
  } catch {
    return 0; // nobody can read it
  }
}

/** The same of photos; where none were ever kept, no database is made. */
async function sweepPhotos() {
  const all = await indexedDB.databases?.();
  if (all && !all.some(({ name }) => name === DATABASE)) return;
  const database = await openPhotos();
  const photos = photosIn(database, "readwrite");
  photos.transaction.oncomplete = () => database.close();
  photos.openCursor().onsuccess = ({ target: { result: cursor } }) => {
    if (!cursor) return;
    const photo = cursor.value;
    if (photo.user !== user || isOld(photo.at)) cursor.delete();
    cursor.continue();
  };
}

if (user) {
  try {
    sweepWords();
    sweepPhotos().catch(() => {}); // with the next page, then
  } catch {
    // Nothing is kept here.
  }
}
