// Photos of a request: each is sent as soon as it is chosen, with its progress; one that could
// not be sent waits to be tried again, and goes along with the form otherwise.

export function followPhotos(form, toast) {
  const input = form.querySelector("[name=photos]");
  const kept = form.querySelector("[data-kept-photos]");
  const list = form.querySelector("[data-uploads]");
  const waiting = [];
  let isBusy = false;
  let after = null;

  input.addEventListener("change", () => {
    for (const file of input.files) waiting.push({ file, row: row_of(file) });
    input.value = "";
    next();
  });

  function row_of(file) {
    const row = document.createElement("li");
    const frame = document.createElement("span");
    frame.className = "thumbnail";
    if (file.type.startsWith("image/")) {
      const image = document.createElement("img");
      image.src = URL.createObjectURL(file);
      image.alt = "";
      frame.append(image);
    }
    const name = document.createElement("span");
    name.className = "portal-upload-name";
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    row.append(frame, name, bar);
    list.append(row);
    list.hidden = false;
    return row;
  }

  function drop(row) {
    const image = row.querySelector("img");
    if (image) URL.revokeObjectURL(image.src);
    row.remove();
    list.hidden = !list.children.length;
  }

  function next() {
    if (isBusy) return;
    const upload = waiting.shift();
    if (!upload) {
      const call = after;
      after = null;
      call?.();
      return;
    }
    isBusy = true;
    const body = new FormData();
    body.append("photos", upload.file);
    const bar = upload.row.querySelector("progress");
    send(body, (share) => (bar.value = share), (isKept) => {
      isBusy = false;
      if (isKept) drop(upload.row);
      else again(upload);
      next();
    });
  }

  /** The photo stays in sight with a button to try again; the request can be sent without. */
  function again(upload) {
    after = null;
    upload.row.classList.add("is-failed");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = list.dataset.again;
    button.addEventListener("click", () => {
      button.remove();
      upload.row.classList.remove("is-failed");
      waiting.push(upload);
      next();
    });
    upload.row.append(button);
    toast(navigator.onLine ? form.dataset.failed : form.dataset.offline);
  }

  function send(body, tell, done) {
    for (const name of ["csrfmiddlewaretoken", "token"]) {
      body.append(name, form.elements[name].value);
    }
    const request = new XMLHttpRequest();
    request.open("POST", form.dataset.photosUrl);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) tell((100 * event.loaded) / event.total);
    });
    request.addEventListener("load", () => {
      const isAnswer = request.status === 200 || request.status === 422;
      if (isAnswer) kept.innerHTML = request.responseText;
      done(isAnswer);
    });
    for (const trouble of ["error", "abort", "timeout"]) {
      request.addEventListener(trouble, () => done(false));
    }
    request.timeout = 120_000;
    request.send(body);
  }

  kept.addEventListener("click", (event) => {
    const button = event.target.closest("[name=remove]");
    if (!button) return;
    event.preventDefault();
    button.disabled = true;
    const body = new FormData();
    body.append("remove", button.value);
    send(body, () => {}, (isDone) => {
      button.disabled = false;
      if (!isDone) toast(form.dataset.failed);
    });
  });

  return { isBusy: () => isBusy || waiting.length > 0, whenDone: (call) => (after = call) };
}
