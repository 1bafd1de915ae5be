// Uploads: a dropped folder, files or an archive become one stream, sent in pieces that go on after an interruption.
import { api, base, say, tried } from "./app.js";
import { ended, open } from "./data.js";
import { tarOf } from "./tar.js";

const PIECE = 4 << 20, TRIES = 8;
const byId = id => document.getElementById(id);
const form = byId("upload"), drop = byId("drop"), fault = byId("upload-fault");
const accepted = form ? form.dataset.accepted.split(",") : [];
const pictures = /\.(jpe?g|jpe|png|bmp|gif|tiff?|webp|p[gpbn]m)$/i;
const format = new Intl.NumberFormat();
const size = bytes => { let n = bytes; for (const unit of ["B", "KiB", "MiB", "GiB"]) { if (n < 1024 || unit === "GiB") return `${Number(n.toPrecision(3))} ${unit}`; n /= 1024; } };

let files = [];  // [path below the set's folder, File]
let sending = null;

/** All files of what was dropped, with their paths. */
async function entriesOf(items) {
  const found = [];
  const walk = async (entry, prefix) => {
    if (entry.name.startsWith(".")) return;
    if (entry.isFile) found.push([prefix + entry.name, await new Promise((ok, bad) => entry.file(ok, bad))]);
    else {
      const reader = entry.createReader();
      for (;;) {
        const part = await new Promise((ok, bad) => reader.readEntries(ok, bad));
        if (!part.length) break;
        for (const one of part) await walk(one, `${prefix}${entry.name}/`);
      }
    }
  };
  // the list of items is gone after the first wait
  const dropped = [...items].filter(item => item.kind === "file").map(item => [item.webkitGetAsEntry?.(), item.getAsFile()]);
  for (const [entry, file] of dropped) {
    if (entry?.isDirectory) await walk(entry, "");
    else if (file) found.push([file.name, file]);
  }
  return found;
}

/** Whether files are one that is sent as it is: an archive, a table and so on. */
const single = () => files.length === 1 && !pictures.test(files[0][0]) && accepted.some(end => files[0][0].toLowerCase().endsWith(end));

/** Without the folder that all paths begin with. */
function withoutCommonFolder(list) {
  const tops = new Set(list.map(([path]) => path.split("/")[0]));
  const deep = list.every(([path]) => path.includes("/"));
  return tops.size === 1 && deep ? [[...tops][0], list.map(([path, file]) => [path.slice(path.indexOf("/") + 1), file])] : ["", list];
}

function add(list) {
  const visible = list.filter(([path]) => !path.split("/").some(part => part.startsWith(".") || part === "__MACOSX"));
  const [folder, inner] = withoutCommonFolder(visible);
  // a folder of pictures alone is a class, beside those that were added before
  const isClass = folder && inner.every(([path]) => !path.includes("/")) && inner.some(([path]) => pictures.test(path));
  files = [...new Map([...files, ...(isClass ? visible : inner)])];
  if (!visible.length) { say("No files in what was dropped.", { bad: true }); return; }
  if (!byId("set-name").value) byId("set-name").value = (isClass ? "" : folder) || (single() ? visible[0][0].replace(/(\.tar)?\.[^.]+$/, "") : "pictures");
  show();
}

function show() {
  const counts = new Map();
  let loose = 0;
  for (const [path] of files) {
    const parts = path.split("/");
    if (!pictures.test(path)) continue;
    if (parts.length < 2) loose += 1;
    else counts.set(parts.at(-2), (counts.get(parts.at(-2)) ?? 0) + 1);
  }
  byId("picked").hidden = !files.length;
  byId("loose-label").hidden = !loose;
  byId("loose-class").required = loose > 0;
  const total = files.reduce((sum, [, file]) => sum + file.size, 0);
  const classes = counts.size + Number(loose > 0);
  const few = classes === 1 ? "1 class, and a net needs two or more" : `${classes} classes`;
  const inside = classes ? `; pictures of ${few}; drop further folders to add them` : "";
  byId("picked-text").textContent = single() ? `${files[0][0]}, ${size(total)}` : `${format.format(files.length)} files, ${size(total)}${inside}`;
  byId("picked-classes").replaceChildren(...[...counts].slice(0, 200).map(([name, count]) => {
    const chip = document.createElement("li");
    chip.className = "tag";
    chip.textContent = `${name} (${format.format(count)})`;
    return chip;
  }));
}

function clear() {
  sending?.abort();
  files = [];
  form.reset();
  fault.hidden = true;
  byId("sending").hidden = true;
  show();
}

/** A text that the same files have again. */
function keyOf(list) {
  let hash = 0xcbf29ce484222325n;
  for (const [path, file] of list) for (const letter of `${path}|${file.size}|${file.lastModified};`) hash = ((hash ^ BigInt(letter.codePointAt(0))) * 0x100000001b3n) & 0xffffffffffffffffn;
  return `${list.length}-${hash.toString(16)}`;
}

async function put(upload, blob, signal) {
  const answer = await fetch(`${base}/api/uploads/${upload.id}?offset=${upload.offset}`, {
    method: "PUT", body: blob.slice(upload.offset, upload.offset + PIECE), signal,
    headers: { "x-csrf-token": document.documentElement.dataset.csrf, "content-type": "application/octet-stream" },
  });
  const value = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(value.error), { status: answer.status });
  return value;
}

/** Send all, from where the upload is; a failed piece is sent again. */
async function send(upload, blob, signal, told) {
  let failed = 0;
  while (upload.offset < blob.size) {
    try {
      upload = await put(upload, blob, signal);
      failed = 0;
      told(upload.offset, blob.size);
    } catch (error) {
      failed += 1;
      if (signal.aborted || failed > TRIES || error.status === 403) throw error;
      await new Promise(go => setTimeout(go, Math.min(8000, 250 * 2 ** failed)));
      upload = await api("GET", `/api/uploads/${upload.id}`).catch(() => upload);
    }
  }
  return upload;
}

async function upload() {
  const name = byId("set-name").value.trim();
  const loose = byId("loose-class").value.trim().replaceAll("/", "_");
  const list = files.map(([path, file]) => [path.includes("/") || !pictures.test(path) ? path : `${loose}/${path}`, file]);
  const one = single();
  const blob = one ? files[0][1] : tarOf(list);
  const began = performance.now();
  sending = new AbortController();
  byId("sending").hidden = false;
  const begun = await api("POST", "/api/uploads", { file: one ? files[0][1].name : `${name}.tar`.replaceAll("/", "_"), size: blob.size, key: keyOf(list) });
  if (begun.offset) say(`Going on at ${size(begun.offset)}`);
  const told = (offset, of) => {
    byId("sent").value = offset / of;
    const left = (performance.now() - began) / 1000 * (of - offset) / Math.max(1, offset - begun.offset);
    byId("sent-text").textContent = `${size(offset)} of ${size(of)}${left > 2 ? `, ${Math.round(left)} s left` : ""}`;
  };
  const whole = await send(begun, blob, sending.signal, told);
  const made = await api("POST", `/api/uploads/${whole.id}/finish`, { target: name });
  if (made.job) { byId("sent-text").textContent = "Unpacking …"; await ended(made.job); }
  open(made.path);
}

if (form) {
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, event => { event.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", event => { event.preventDefault(); const { items } = event.dataTransfer; tried(async () => add(await entriesOf(items))); });
  for (const id of ["pick-folder", "pick-files"]) {
    byId(id).addEventListener("change", event => add([...event.target.files].map(file => [file.webkitRelativePath || file.name, file])));
  }
  byId("stop-upload").addEventListener("click", clear);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    byId("send").disabled = true;
    fault.hidden = true;
    try { await upload(); } catch (error) {
      if (error.name !== "AbortError") { fault.textContent = error.message; fault.hidden = false; }
    }
    byId("send").disabled = false;
  });
}
