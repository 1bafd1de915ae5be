// The form of a training: faults, schedule and command as one types.
import { api, base, later, tried } from "./app.js";
import { Chart } from "./chart.js";

const form = document.getElementById("train"), named = form.elements;
const inputs = [...form.querySelectorAll("[data-path]")];
const place = name => document.getElementById(name);
const chart = new Chart(place("schedule"), "learning rate", { names: {} });
let perEpoch = 0, asked = 0;

const size = bytes => {
  for (const unit of ["B", "KiB", "MiB", "GiB"]) { if (bytes < 1024) return `${+bytes.toPrecision(3)} ${unit}`; bytes /= 1024; }
  return `${+bytes.toPrecision(3)} TiB`;
};

function wish() {
  const values = {};
  for (const input of inputs) {
    if (!input.closest("[data-field]").hidden && input.value.trim() !== input.dataset.value) values[input.dataset.path] = input.value.trim();
  }
  // Of epochs and iterations the one that is emptied no longer ends the training.
  for (const path of ["max_epoch", "max_iter", "test_epoch", "test_interval"]) if (values[path] === "") values[path] = "0";
  return {
    solver: form.dataset.solver, values, name: named.name.value, weights: named.weights.value.trim(), extra: named.extra.value,
    gpus: Number(named.gpus.value), processes: Number(named.processes.value) || 1, priority: Number(named.priority.value) || 0,
    search: named.search.value, trials: Number(named.trials.value) || 1, metric: named.metric.value.trim(), maximise: named.maximise.value === "true",
  };
}

function showProblems(problems) {
  const rest = [];
  for (const one of form.querySelectorAll("[data-field]")) {
    const own = problems.filter(problem => problem.field === one.dataset.field && !one.hidden), fault = one.querySelector(".fault");
    fault.textContent = own.map(problem => problem.text).join("\n");
    fault.hidden = !own.length;
    const input = one.querySelector("[data-path]");
    input.setAttribute("aria-invalid", String(!!own.length));
    fault.id ||= `${input.id}-fault`;
    input.setAttribute("aria-describedby", own.length ? fault.id : "");
  }
  for (const problem of problems) {
    const at = form.querySelector(`[data-field="${CSS.escape(problem.field)}"]`);
    if (!at || at.hidden) rest.push(problem.field && !problem.text.includes(problem.field) ? `${problem.field}: ${problem.text}` : problem.text);
  }
  place("faults").textContent = rest.join("\n\n");
  place("faults").hidden = !rest.length;
}

function showFields() {
  const policy = form.querySelector("[data-path=lr_policy]");
  for (const one of form.querySelectorAll("[data-policies]")) {
    if (one.dataset.policies) one.hidden = !one.dataset.policies.split(" ").includes(policy.value);
  }
  place("policy-what").textContent = policy.selectedOptions[0]?.dataset.what ?? "";
  for (const input of inputs) input.closest("[data-field]").classList.toggle("changed", input.value.trim() !== input.dataset.value);
}

async function preview() {
  const number = ++asked;
  showFields();
  let found;
  try { found = await api("POST", "/api/train/preview", { ...wish(), per_epoch: perEpoch }); } catch (error) {
    if (number === asked) showProblems([{ field: "", text: error.message }]);
    return;
  }
  if (number !== asked) return; // a later answer is on its way
  place("wanted").textContent = found.command;
  const footer = document.getElementById("command");
  if (footer) footer.textContent = found.command;
  place("tune").hidden = !found.trials;
  place("trials").textContent = `${found.trials} trainings.`;
  named.trials.disabled = named.search.value === "grid";
  place("written").replaceChildren(...found.files.map(file => {
    const box = document.createElement("details"), summary = document.createElement("summary"), text = document.createElement("pre");
    summary.textContent = `Writes ${file.path}`;
    text.className = "code";
    text.tabIndex = 0;
    text.textContent = file.text;
    box.append(summary, text);
    return box;
  }));
  const { x, y, note } = found.schedule;
  if (x.length) chart.set([{ run: "", label: "lr", net: -1, quantity: "lr", x, y }], { axis: "iteration", log: false, weight: 0 });
  chart.box.hidden = !x.length;
  place("schedule-note").textContent = note || (x.length ? "" : "It is drawn once the settings are complete.");
  showProblems(found.problems);
}
const soon = later(200, () => tried(preview));

function facts(found) {
  const rows = [["Memory for training", `about ${size(found.memory)} of ${size(found.available)}`], ["", found.parts], ["Iterations of an epoch", found.per_epoch ? String(found.per_epoch) : ""]];
  if (found.warnings.length) rows.push(["Warnings", found.warnings.join("\n\n")]);
  else rows.push(["Warnings", "none"]);
  place("checked").replaceChildren(...rows.filter(row => row[1]).flatMap(([name, text]) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name; value.textContent = text;
    if (!name) { value.className = "muted small"; return [value]; }
    return [term, value];
  }));
  place("checked").hidden = false;
}

async function busy(button, words, action) {
  const before = button.textContent;
  button.disabled = true;
  button.textContent = words;
  try { return await tried(action); } finally { button.disabled = false; button.textContent = before; }
}

place("check")?.addEventListener("click", () => busy(place("check"), "Checking …", async () => {
  const found = await api("POST", "/api/train/check", wish());
  perEpoch = found.per_epoch;
  await preview();
  if (found.problems.length) { place("checked").hidden = true; showProblems(found.problems); } else facts(found);
}));

form.addEventListener("submit", event => {
  event.preventDefault();
  busy(place("submit"), "Checking …", async () => {
    const { job, problems } = await api("POST", "/api/train", wish());
    if (job) { location.href = `${base}/jobs/${job.id}`; return; }
    showProblems(problems);
    form.querySelector("[aria-invalid=true]")?.focus();
  });
});

form.addEventListener("input", soon);
form.addEventListener("click", event => {
  const why = event.target.closest(".why");
  if (!why) return;
  const help = place(why.getAttribute("aria-controls"));
  help.hidden = !help.hidden;
  why.setAttribute("aria-expanded", String(!help.hidden));
});

showFields();
if (document.readyState === "complete") preview(); else addEventListener("load", preview);
