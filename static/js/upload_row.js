// A photo on its way, as a row of a list: what it shows, its name, and how far it is.

export function rowOf(file, list) {
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
