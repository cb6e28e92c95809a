// Who signs out leaves nothing on a shared device of what they had not sent.

const PREFIX = "creditdesk:ask:";
const MARK = "creditdesk:forget";
const DATABASE = "creditdesk-ask";

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
