// The page Look: the net, and which part of it is shown.
import { api, base, tried } from "./app.js";
import * as pictures from "./look_pictures.js";
import * as insight from "./look_insight.js";
import * as texts from "./look_texts.js";
import * as test from "./look_test.js";
import * as plane from "./look_plane.js";

document.getElementById("net").addEventListener("change", event => {
  if (event.target.value) location.href = `${base}/look?${event.target.value}`;
});
document.getElementById("choose").addEventListener("submit", event => event.preventDefault());
document.getElementById("by-path")?.addEventListener("submit", event => {
  event.preventDefault();
  location.href = `${base}/look?${new URLSearchParams(new FormData(event.target))}`;
});

const SHOWN = {
  classify: ["pictures", "why", "layers", "test", "plane"],
  numbers: ["pictures", "layers", "test"],
  detect: ["pictures", "layers"],
  segment: ["pictures", "layers", "test"],
  image: ["pictures", "layers"],
  rows: ["rows", "layers", "test", "plane"],
  text: ["text", "layers"],
  answer: ["text", "layers"],
  draw: [],
  none: ["layers"],
};
const parts = { pictures, rows: texts.rows, text: texts.text, draw: texts.draw, why: insight.why, layers: insight.layers, test, plane };
const look = document.getElementById("look");

function command(name, kind, flags) {
  const words = flags.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
  const verb = { detect: "detect", segment: "segment" }[kind] ?? "classify";
  return {
    pictures: kind === "image" ? `layerzoo visualise ${words} PICTURE -what activations` : `layerzoo ${verb} ${words} PICTURE${verb === "classify" ? "" : " -out FOLDER"}`,
    rows: `layerzoo classify ${words} FILE`,
    text: `layerzoo generate ${words} -text "…"`,
    draw: `layerzoo generate ${words} -samples 64`,
    why: `layerzoo visualise ${words} PICTURE -what gradcam,saliency,occlusion`,
    layers: `layerzoo visualise ${words} PICTURE -what filters,activations`,
    test: `layerzoo evaluate ${words} -each -out FOLDER`,
    plane: `layerzoo visualise ${words} -what embeddings -data`,
  }[name];
}

async function start() {
  const net = JSON.parse(look.dataset.net), flags = JSON.parse(look.dataset.flags);
  const query = new URLSearchParams(Object.entries(net).flatMap(([key, value]) => (Array.isArray(value) ? value.map(one => [key, one]) : value ? [[key, value]] : [])));
  let facts;
  try {
    facts = await api("GET", `/api/look/net?${query}`);
  } catch (error) {
    const problem = document.getElementById("problem");
    problem.textContent = error.message;
    problem.hidden = false;
    return;
  } finally {
    document.getElementById("loading").hidden = true;
  }
  const context = { net, query, facts, mayRun: Boolean(look.dataset.mayRun), show };
  const shown = SHOWN[facts.kind] ?? ["layers"];
  const names = Object.keys(parts).filter(name => shown.includes(name) || (name === "draw" && facts.draws)).filter(name => facts.tested || !["test", "plane"].includes(name));
  look.hidden = false;
  if (facts.kind === "none") {
    const problem = document.getElementById("problem");
    problem.textContent = "This net takes inputs that the studio can't prepare: its data layer says nothing of how new samples are read. Its weights can be seen.";
    problem.classList.replace("fault", "muted");
    problem.hidden = false;
  }
  const tabs = names.map(name => document.getElementById(`tab-${name}`));
  tabs.forEach(tab => { tab.hidden = false; });
  const begun = new Set();
  function show(name, focus = false) {
    if (!names.includes(name)) return;
    for (const other of names) {
      const is = other === name, tab = document.getElementById(`tab-${other}`);
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      document.getElementById(`part-${other}`).hidden = !is;
      if (is && focus) tab.focus();
    }
    history.replaceState(null, "", `#${name}`);
    const line = document.getElementById("command");
    if (line) line.textContent = command(name, facts.kind, flags);
    if (!begun.has(name)) { begun.add(name); tried(() => parts[name].begin(context)); }
    else if (parts[name].again) tried(() => parts[name].again(context));
  }
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => show(names[place]));
    tab.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { event.preventDefault(); show(names[(place + step + names.length) % names.length], true); }
      else if (event.key === "Home") { event.preventDefault(); show(names[0], true); }
      else if (event.key === "End") { event.preventDefault(); show(names.at(-1), true); }
    });
  });
  addEventListener("hashchange", () => show(location.hash.slice(1)));
  const wanted = location.hash.slice(1);
  show(names.includes(wanted) ? wanted : names[0]);
}

if (look) tried(start);
