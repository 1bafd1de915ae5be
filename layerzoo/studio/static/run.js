// The curves and the log of one run, or the curves of several.
import { api, later, onChange, say, tried } from "./app.js";
import { Chart } from "./chart.js";

const place = document.getElementById("charts");
const runs = JSON.parse(place.dataset.runs), names = JSON.parse(place.dataset.names);
const axis = document.getElementById("axis"), smoothing = document.getElementById("smoothing"), log = document.getElementById("log");
const charts = new Map(), data = new Map();
let stretch = [null, null], quantities = JSON.parse(place.dataset.quantities);

async function load(quantity) {
  const wanted = new URLSearchParams([...runs.map(run => ["run", run]), ["quantity", quantity], ["axis", axis.value], ["points", "1200"]]);
  if (stretch[0] != null) { wanted.set("start", stretch[0]); wanted.set("end", stretch[1]); }
  data.set(quantity, (await api("GET", `/api/curves?${wanted}`)).curves);
  draw(quantity);
}

function draw(quantity) {
  const curves = data.get(quantity);
  if (!curves?.length) return;
  if (!charts.has(quantity)) charts.set(quantity, new Chart(place, quantity, { names, onZoom: zoom }));
  charts.get(quantity).set(curves, { axis: axis.value, log: log.checked, weight: Number(smoothing.value) });
}

const all = () => tried(() => Promise.all(quantities.map(load)));
function zoom(start, end) { stretch = [start, end]; all(); }

axis.addEventListener("change", () => { stretch = [null, null]; all(); });
log.addEventListener("change", () => quantities.forEach(draw));
smoothing.addEventListener("input", () => quantities.forEach(draw));

const text = document.getElementById("log-text"), search = document.getElementById("log-search");
let next = -65536;
async function follow() {
  if (!text || search.value) return;
  const part = await api("GET", `/api/runs/${text.dataset.run}/log?start=${next}`);
  next = part.next;
  if (!part.text) return;
  const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
  text.append(part.text);
  if (atEnd) text.scrollTop = text.scrollHeight;
}
search?.addEventListener("input", later(200, () => tried(async () => {
  if (!search.value) { next = -65536; text.textContent = ""; await follow(); return; }
  const part = await api("GET", `/api/runs/${text.dataset.run}/log?start=-1048576&search=${encodeURIComponent(search.value)}`);
  text.textContent = part.text || "No line contains it.";
})));

onChange(change => {
  if (change && !change.runs.some(run => runs.includes(run))) return;
  tried(async () => {
    const found = await Promise.all(runs.map(run => api("GET", `/api/runs/${run}`)));
    quantities = [...new Set(found.flatMap(run => run.quantities))];
    if (stretch[0] == null) await Promise.all(quantities.map(load));
    await follow();
  });
});

const notes = document.getElementById("notes"), said = document.getElementById("notes-said");
notes?.addEventListener("input", later(600, async () => {
  const form = notes.elements, { notes: before } = await api("GET", `/api/runs/${notes.dataset.run}`);
  const body = { ...before, title: form.title.value, note: form.note.value, tags: form.tags.value.split(",").map(tag => tag.trim()).filter(Boolean) };
  await tried(async () => { await api("PUT", `/api/runs/${notes.dataset.run}/notes`, body); said.textContent = "Saved."; });
}));

addEventListener("load", all);
if (document.readyState === "complete") all();
tried(follow);
