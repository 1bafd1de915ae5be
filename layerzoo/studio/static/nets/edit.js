// The editor of a net: checks as you type, the picture beside the text, and files.
import { api, base, later, say, tried } from "../app.js";
import { Area } from "./area.js";
import { showLayer, showTable, showTotals } from "./facts.js";
import { Files } from "./files.js";
import { Picture } from "./picture.js";
import { Completion, Hint } from "./popup.js";

const part = id => document.getElementById(id);
const bench = part("workbench");
const area = new Area(part("code"), bench.dataset.format === "yaml");
const picture = new Picture(part("picture"), part("trail"));
const files = new Files(area);
const key = crypto.randomUUID?.() ?? String(Math.random());
const where = () => (bench.dataset.config ? { config: bench.dataset.config, key } : { path: files.path || `untitled.${bench.dataset.format}`, key });
if (!area.area.readOnly) {
  new Completion(area, where);
  new Hint(area, where);
}

let net = null, checked = 0, took = 0, stale = false;
const faultsOnly = () => area.faults.filter(one => !one.warning).length;

async function check() {
  const number = ++checked, text = area.text, begun = performance.now();
  const waiting = setTimeout(() => { if (number === checked) part("checked").textContent = "checking …"; }, 400);
  let answer = null, problem = "";
  try {
    answer = await api("POST", "/api/nets/check", { text, ...where(), phase: part("phase").value, fold: part("fold").checked });
  } catch (error) { problem = error.message; }
  clearTimeout(waiting);
  if (number !== checked || answer?.given_up) return;
  if (!answer) { part("checked").textContent = problem; return; }
  took = performance.now() - begun;
  if (text !== area.text) return;  // a newer check is on its way
  showFaults(answer);
  showNet(answer);
}

let timer = 0;
function checkSoon() {
  stale = true;
  clearTimeout(timer);
  timer = setTimeout(check, Math.max(300, Math.min(1500, took * 0.7)));
}

function showFaults({ faults, left_out: more }) {
  area.mark(faults);
  const bad = faultsOnly(), doubtful = faults.length - bad;
  const words = [bad ? `${bad} ${bad === 1 ? "fault" : "faults"}` : "", doubtful ? `${doubtful} ${doubtful === 1 ? "warning" : "warnings"}` : ""].filter(Boolean);
  part("checked").textContent = words.join(", ") || "no faults";
  part("checked").className = bad ? "bad" : doubtful ? "warn" : "good";
  part("faults").hidden = !faults.length;
  part("fault-list").replaceChildren(...faults.map(one => {
    const row = document.createElement("li"), button = document.createElement("button");
    const at = document.createElement("span"), said = document.createElement("span");
    button.type = "button";
    button.className = one.warning ? "doubtful" : "faulty";
    at.className = "at";
    at.textContent = `${one.warning ? "Warning" : "Fault"}, ${one.line}:${one.column}`;
    said.textContent = one.message;
    button.append(at, said);
    if (one.fix) {
      const fix = document.createElement("span");
      fix.className = "fix";
      fix.textContent = one.fix;
      button.append(fix);
    }
    button.addEventListener("click", () => area.select(one.start, one.end));
    row.append(button);
    return row;
  }));
  if (more) part("fault-list").append(Object.assign(document.createElement("li"), { className: "muted note", textContent: `${more} more` }));
}

function showNet(answer) {
  stale = false;
  const broken = !answer.net;
  part("picture").classList.toggle("old", broken);
  part("old-picture").hidden = !broken || !net;
  if (broken) {
    if (!net) part("picture").replaceChildren(Object.assign(document.createElement("p"), { className: "empty muted", textContent: answer.faults.length ? "The picture comes when the faults are gone." : "Write a layer to see the net." }));
    return;
  }
  const selected = net?.layers[picture.selected]?.name;
  net = answer.net;
  part("net-name").textContent = answer.kind === "solver" ? `${net.name}, the solver's net` : net.name;
  showTotals(net);
  part("phase-label").hidden = net.phases.length < 2;
  part("phase").replaceChildren(...net.phases.map(name => new Option(name.toLowerCase(), name, false, name === net.phase)));
  part("fold-label").hidden = !net.blocks;
  part("notes").textContent = net.notes.join("\n");
  if (net.pictures.length) picture.show(net.pictures, net.layers);
  else part("picture").replaceChildren(Object.assign(document.createElement("p"), { className: "empty muted", textContent: "This net is too large to be drawn; the table shows its layers." }));
  const again = selected === undefined ? -1 : net.layers.findIndex(one => one.name === selected);
  picture.select(again, false);
  if (again >= 0) showLayer(net.layers[again]); else showLayer(null);
  if (part("table-part").open) showTable(net.layers, chosen);
  else part("table").replaceChildren();
  followCaret();
}

function chosen(index) {
  const layer = net.layers[index];
  picture.select(index);
  showLayer(layer);
  if (layer.start !== null && !stale) {
    area.tint(layer.start, layer.end);
    area.area.setSelectionRange(layer.start, layer.start);
    area.reveal(layer.start);
  }
}

/** The layer in which the caret stands is selected in the picture. */
function followCaret() {
  const { line, column } = area.place(area.caret);
  part("at").textContent = `line ${line + 1}, column ${column + 1}`;
  area.draw();
  if (!net || stale || document.activeElement !== area.area) return;
  const at = area.caret;
  const current = net.layers[picture.selected];
  if (current && current.start !== null && current.start <= at && at <= current.end) { area.tint(current.start, current.end); return; }
  const index = net.layers.findIndex(one => one.start !== null && one.start <= at && at <= one.end);
  if (index < 0) { area.tint(null); return; }
  picture.select(index);
  showLayer(net.layers[index]);
  area.tint(net.layers[index].start, net.layers[index].end);
}

function nextFault(back) {
  const order = [...area.faults].sort((a, b) => a.start - b.start);
  if (!order.length) { say("No faults."); return; }
  const next = back ? order.findLast(one => one.start < area.caret) ?? order.at(-1) : order.find(one => one.start > area.caret) ?? order[0];
  area.select(next.start, next.start);
  say([`${next.line}:${next.column}: ${next.message}`, next.fix].filter(Boolean).join("\n"), { bad: !next.warning });
}

async function format() {
  await tried(async () => {
    const before = area.text, { text } = await api("POST", "/api/nets/format", { text: before, path: where().path });
    if (area.text !== before) return;
    if (text === before) say("It is formatted already.");
    else { area.rewrite(text); say("Formatted.", { undo: () => area.rewrite(before) }); }
  });
}

picture.addEventListener("chosen", event => chosen(event.detail));
area.addEventListener("edited", () => { area.tint(null); files.edited(); checkSoon(); });
area.addEventListener("caret", later(80, followCaret));
files.addEventListener("moved", check);
for (const id of ["phase", "fold"]) part(id).addEventListener("change", check);
part("in").addEventListener("click", () => picture.zoom(1.3));
part("out").addEventListener("click", () => picture.zoom(1 / 1.3));
part("fit").addEventListener("click", () => picture.fit());
part("table-part").addEventListener("toggle", () => { if (part("table-part").open && net) showTable(net.layers, chosen); });
part("format")?.addEventListener("click", format);
part("train")?.addEventListener("click", async event => {
  event.preventDefault();
  if (await files.ready()) location.href = `${base}/train?${part("train").search.slice(1).split("=")[0]}=${encodeURIComponent(files.path)}`;
});
part("copy")?.addEventListener("click", () => files.copy(bench.dataset.config));
addEventListener("keydown", event => {
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey && event.key.toLowerCase() === "s" && part("save")) { event.preventDefault(); if (event.shiftKey) files.saveAs(); else files.save(); }
  else if (event.altKey && event.shiftKey && event.key.toLowerCase() === "f" && part("format")) { event.preventDefault(); format(); }
  else if (event.key === "F8") { event.preventDefault(); nextFault(event.shiftKey); }
});
area.draw();
check();
