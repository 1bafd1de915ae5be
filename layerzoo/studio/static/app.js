// What every page has: requests, messages, times, theme, shortcuts, and parts that follow changes.
const root = document.documentElement;
export const base = root.dataset.base;

/** Call the API. A refusal is an Error with the server's message. */
export async function api(method, path, body) {
  const headers = { "x-csrf-token": root.dataset.csrf };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error("The studio does not answer. Is it still running?");
  }
  const text = await answer.text();
  let value = {};
  try { value = text ? JSON.parse(text) : {}; } catch { /* not JSON: an error below */ }
  if (!answer.ok) throw Object.assign(new Error(value.error ?? `${answer.status} ${answer.statusText}`), { faults: value.faults ?? [], status: answer.status, value });
  return value;
}

/** Show a message, for six seconds; with a way back if there is one. */
export function say(text, { bad = false, undo = null } = {}) {
  const toast = document.createElement("div");
  toast.className = bad ? "toast bad" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  if (undo) {
    const button = document.createElement("button");
    button.textContent = "Undo";
    button.addEventListener("click", async () => { toast.remove(); await tried(undo); });
    toast.append(button);
  }
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), bad ? 12000 : 6000);
}

/** Run something and say what went wrong. */
export async function tried(action) {
  try { return await action(); } catch (error) { say(error.message, { bad: true }); return undefined; }
}

/** Times in the reader's zone. */
export function localise(part = document) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of part.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.textContent = format.format(moment);
    time.title = moment.toString();
  }
}

/** Call a function once, a while after the last of several calls. */
export function later(wait, action) {
  let timer;
  return (...values) => { clearTimeout(timer); timer = setTimeout(() => action(...values), wait); };
}

const listeners = [];
/** Call a function after each change of runs or jobs: ({runs, jobs}) with their ids, or null after a gap. */
export function onChange(action) { listeners.push(action); }

/** Load this address again and put the parts that follow changes in place. */
export async function refresh(address = location.href, wanted = () => true) {
  const answer = await fetch(address, { headers: { "x-fragment": "1" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || !wanted(part)) continue;
    localise(next);
    if (next.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.getAttribute("aria-label") ?? focused?.textContent;
    const picked = new Set([...part.querySelectorAll("input:checked")].map(one => one.value));
    part.innerHTML = next.innerHTML;
    for (const one of part.querySelectorAll("input[type=checkbox]")) one.checked = picked.has(one.value);
    if (focused) [...part.querySelectorAll("a, button, input")].find(one => (one.getAttribute("aria-label") ?? one.textContent) === key)?.focus();
    part.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
  }
}

function follow() {
  if (!root.dataset.csrf) return;
  const source = new EventSource(`${base}/api/events`);
  let lost = false;
  const pending = new Set();
  const load = later(250, () => {
    const kinds = new Set(pending);
    pending.clear();
    if (document.visibilityState === "hidden") { missed = true; return; }
    tried(() => refresh(location.href, part => part.dataset.live.split(" ").some(kind => kinds.has(kind) || kinds.has("all"))));
  });
  let missed = false;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && missed) { missed = false; pending.add("all"); load(); listeners.forEach(action => action(null)); }
  });
  source.addEventListener("change", event => {
    const change = JSON.parse(event.data);
    if (change.runs.length) pending.add("runs");
    if (change.jobs.length) pending.add("jobs");
    load();
    listeners.forEach(action => action(change));
  });
  const all = () => { pending.add("all"); load(); listeners.forEach(action => action(null)); };
  source.addEventListener("all", all);
  let known = root.dataset.change;
  source.addEventListener("hello", event => {
    if (lost) { lost = false; say("Connected again."); }
    if (event.data !== known) all(); // something changed between the page and the connection
    known = null;
  });
  source.addEventListener("error", () => { if (!lost) { lost = true; say("The studio does not answer. Jobs go on; this page waits for it.", { bad: true }); } });
  addEventListener("pagehide", () => source.close());
}

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-post], button[data-copy], button[data-delete]");
  if (!button) return;
  if (button.dataset.copy) {
    await tried(() => navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent));
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
    return;
  }
  button.disabled = true;
  await tried(async () => {
    await api(button.dataset.delete ? "DELETE" : "POST", button.dataset.delete ?? button.dataset.post);
    const undo = button.dataset.undo;
    say(button.dataset.said ?? "Done", { undo: undo ? () => api("POST", undo) : null });
  });
  button.disabled = false;
});

document.getElementById("theme").addEventListener("click", () => {
  const next = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  localStorage.setItem("theme", next);
  dispatchEvent(new Event("theme"));
});

const dialog = document.getElementById("shortcuts");
document.getElementById("keys")?.addEventListener("click", () => dialog.showModal());
const places = { r: "/", d: "/data", n: "/nets", t: "/train", l: "/look", z: "/zoo" };
let going = 0;
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (event.key === "?") { event.preventDefault(); dialog.showModal(); }
  else if (event.key === "/") { const search = document.querySelector("input[type=search]"); if (search) { event.preventDefault(); search.focus(); } }
  else if (event.key === "g") going = event.timeStamp;
  else if (event.timeStamp - going < 1500 && places[event.key]) location.href = base + places[event.key];
});

localise();
follow();
