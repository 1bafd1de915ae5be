// The test set: scores, the confusion matrix with the pictures behind its cells, mistakes, the best of each class.
import { tried } from "./app.js";
import { make, options, percent, short, tile } from "./look_parts.js";
import { Reports, read } from "./look_reports.js";

const find = id => document.getElementById(id);
const MOST_CELLS = 40, MOST_PICTURES = 120;
let reports;

export async function begin(context) {
  const place = find("test-answer");
  reports = new Reports(context, "evaluate", {
    busy: find("test-busy"),
    show: async report => {
      const [facts, samples] = await Promise.all([read(report, "report.json"), read(report, "samples.json")]);
      place.replaceChildren(...(facts?.confusion ? classes(facts, samples && { ...samples, number: report.results }) : facts ? numbers(facts) : []));
    },
  });
  find("test-run")?.addEventListener("click", event => tried(async () => {
    event.target.disabled = true;
    await reports.start({ samples: ["classify", "rows"].includes(context.facts.kind) }).finally(() => { event.target.disabled = false; });
  }));
  await reports.load();
}

const facts = (label, value, note = "") => make("div", { class: "tile" }, make("span", { class: "muted" }, label), make("b", {}, value), note ? make("span", { class: "muted" }, note) : "");
const panel = (title, ...children) => make("section", { class: "panel stack", "aria-label": title }, make("h2", {}, title), ...children);
const scroll = (label, ...children) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, ...children);

function classes(report, samples) {
  const names = report.classes.map(row => row.class);
  const tiles = make("div", { class: "tiles" }, facts("Samples", report.samples.toLocaleString("en")),
    ...Object.entries(report.top).map(([k, share]) => facts(k === "1" ? "Accuracy" : `Top ${k}`, percent(share))), facts("Mistakes", Math.round(report.samples * (1 - report.accuracy)).toLocaleString("en")));
  const behind = panel("Pictures behind a cell", make("p", { class: "muted" }, "Choose a cell of the confusion matrix."));
  behind.id = "behind";
  const parts = [tiles, make("div", { class: "split even" }, panel("Confusion", confusion(report, names, cell => fill(behind, samples, names, ...cell))), behind)];
  if (samples) parts.push(mistakes(report, samples, names), best(samples, names));
  parts.push(byClass(report));
  return parts;
}

function confusion(report, names, open) {
  const matrix = report.confusion, pairs = [];
  matrix.forEach((row, label) => row.forEach((count, guess) => { if (count && label !== guess) pairs.push([count, label, guess]); }));
  pairs.sort((one, other) => other[0] - one[0]);
  if (names.length > MOST_CELLS) {
    const list = pairs.slice(0, 60).map(([count, label, guess]) => make("li", {}, make("button", { type: "button", class: "small", onclick: () => open([label, guess]) }, `${names[label]} taken for ${names[guess]}: ${count}`)));
    return make("div", { class: "stack" }, make("p", { class: "muted" }, `${names.length} classes; the pairs that are confused most:`), make("ul", { class: "buttons" }, ...list));
  }
  const head = make("thead", {}, make("tr", {}, make("td", {}), ...names.map(name => make("th", { scope: "col", title: name }, name.slice(0, 8)))));
  const rows = matrix.map((row, label) => {
    const total = Math.max(1, row.reduce((sum, count) => sum + count, 0));
    return make("tr", {}, make("th", { scope: "row", title: names[label] }, names[label]), ...row.map((count, guess) => {
      if (!count) return make("td", { class: "none" }, "·");
      const right = label === guess;
      const button = make("button", { type: "button", "aria-pressed": "false", "aria-label": right ? `${count} of ${names[label]} right` : `${count} of ${names[label]} taken for ${names[guess]}`, onclick: event => {
        for (const other of event.currentTarget.closest("table").querySelectorAll("[aria-pressed=true]")) other.setAttribute("aria-pressed", "false");
        event.currentTarget.setAttribute("aria-pressed", "true");
        open([label, guess]);
      } }, String(count));
      button.style.background = `color-mix(in srgb, var(${right ? "--accent" : "--bad"}) ${Math.round(12 + 50 * Math.sqrt(count / total) * (right ? 0.6 : 0.9))}%, var(--surface))`;
      button.style.color = "var(--ink)";
      return make("td", {}, button);
    }));
  });
  return make("div", { class: "stack" }, scroll("Confusion matrix", make("table", { class: "confusion" }, head, make("tbody", {}, ...rows))), make("p", { class: "muted small" }, "Rows: the true class. Columns: the answer. Blue is right, red wrong."));
}

function pictures(samples, list) {
  return make("ul", { class: "tiles-of-pictures" }, ...list.slice(0, MOST_PICTURES).map(([sample, said, title]) => make("li", {}, tile(samples, sample, 72, title), make("span", {}, said))));
}

function fill(place, samples, names, label, guess) {
  const title = label === guess ? `${names[label]}, rightly recognised` : `${names[label]} taken for ${names[guess]}`;
  if (!samples) { place.replaceChildren(make("h2", {}, title), make("p", { class: "muted" }, "This net's samples can't be shown.")); return; }
  const list = samples.labels.flatMap((one, index) => (one === label && samples.guesses[index] === guess ? [[index, short(samples.scores[index]), `sample ${index}: ${title}, score ${short(samples.scores[index])}`]] : []));
  list.sort((one, other) => samples.scores[other[0]] - samples.scores[one[0]]);
  place.replaceChildren(make("h2", {}, title), make("p", { class: "muted small" }, `${list.length} sample${list.length === 1 ? "" : "s"}${list.length > MOST_PICTURES ? `, the ${MOST_PICTURES} of the highest scores` : ""}, each with the score of the answer`), pictures(samples, list));
  if (innerWidth < 1100) place.scrollIntoView({ block: "nearest" });
}

function mistakes(report, samples, names) {
  if (!report.worst.length) return panel("Worst mistakes", make("p", { class: "muted" }, "None: every sample is right."));
  const list = report.worst.map(one => [one.sample, `${one.class} → ${one.taken_for}`, `sample ${one.sample}: ${one.class} taken for ${one.taken_for}, score ${short(one.score)}`]);
  return panel("Worst mistakes", make("p", { class: "muted small" }, "True class → answer; the surest wrong answers first."), pictures(samples, list));
}

function best(samples, names) {
  const select = make("select", { "aria-label": "Class" }), place = make("div");
  options(select, names.map((name, index) => [String(index), name]));
  const show = () => {
    const label = Number(select.value);
    place.replaceChildren(pictures(samples, samples.best[label].map(([sample, score]) => {
      const right = samples.labels[sample] === label;
      return [sample, right ? short(score) : `${short(score)}, is ${names[samples.labels[sample]]}`, `sample ${sample}, score ${short(score)}${right ? "" : `, is ${names[samples.labels[sample]]}`}`];
    })));
  };
  select.addEventListener("change", show);
  show();
  return panel("Highest scores of a class", make("div", { class: "tools" }, make("label", {}, "Class ", select)), place);
}

function byClass(report) {
  const rows = report.classes.map(row => make("tr", {}, make("th", { scope: "row" }, row.class), make("td", { class: "number" }, row.samples.toLocaleString("en")), ...["precision", "recall", "f1"].map(key => make("td", { class: "number" }, percent(row[key])))));
  return panel("Classes", scroll("Table of classes", make("table", { class: "plain" }, head(["Class", "Samples", "Precision", "Recall", "F1"]), make("tbody", {}, ...rows))));
}

const head = names => make("thead", {}, make("tr", {}, ...names.map((name, index) => make("th", { scope: "col", class: index ? "number" : null }, name))));

/** Reports of nets that predict numbers, or several labels: their tables. */
function numbers(report) {
  const table = report.targets ?? report.labels ?? [];
  const keys = table.length ? Object.keys(table[0]) : [];
  const rows = table.map(row => make("tr", {}, ...keys.map((key, index) => make(index ? "td" : "th", index ? { class: "number" } : { scope: "row" }, typeof row[key] === "number" ? short(row[key]) : String(row[key] ?? "")))));
  return [make("div", { class: "tiles" }, facts("Samples", (report.samples ?? 0).toLocaleString("en"))), panel("Results", scroll("Table of results", make("table", { class: "plain" }, head(keys.map(key => key.replaceAll("_", " "))), make("tbody", {}, ...rows))))];
}
