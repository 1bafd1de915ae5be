// Transforms: sliders write the text of a transform_param, and the pictures show what it does.
import { api, later } from "./app.js";

const form = document.getElementById("controls"), text = document.getElementById("transform");
const table = document.getElementById("variants"), fault = document.getElementById("augment-fault");
let seed = 0, number = 0;

/** Values of the controls that are not off. */
function values() {
  const found = {};
  for (const one of form.elements) {
    const value = one.type === "checkbox" ? Number(one.checked) : Number(one.value);
    if (one.name && value) found[one.name] = value;
    if (one.type === "range") one.nextElementSibling.textContent = value ? `${value} ${one.dataset.unit}`.trim() : "off";
  }
  return found;
}

function image(source, alt) {
  const picture = document.createElement("img");
  Object.assign(picture, { src: source, alt, width: 104, height: 104 });
  return picture;
}

async function draw(change) {
  const mine = number += 1;
  table.setAttribute("aria-busy", "true");
  try {
    const answer = await api("POST", "/api/data/augment", { path: form.dataset.path, seed, rows: 4, columns: 5, ...change });
    if (mine !== number) return;  // a later one is on its way
    fault.hidden = true;
    if (change.transform === undefined) text.value = answer.transform;
    document.getElementById("as-prototxt").textContent = answer.prototxt;
    document.getElementById("as-yaml").textContent = answer.yaml;
    document.getElementById("shape").textContent = `a batch of one is ${answer.shape.join(" x ")}`;
    document.getElementById("command").textContent = `layerzoo data show ${quoted(form.dataset.shown)}${answer.transform ? ` -transform ${quoted(answer.transform.replaceAll("\n", " "))}` : ""}`;
    table.tBodies[0].replaceChildren(...answer.samples.map(one => {
      const row = document.createElement("tr"), head = document.createElement("th");
      head.scope = "row";
      head.textContent = one.label || one.name;
      const first = row.appendChild(head) && row.insertCell(), rest = row.insertCell();
      first.append(image(one.original, `${one.label}, original`));
      const line = document.createElement("div");
      line.className = "row";
      line.append(...one.variants.map((variant, place) => image(variant, `${one.label}, epoch ${place + 1}`)));
      rest.append(line);
      return row;
    }));
  } catch (error) {
    if (mine !== number) return;
    fault.textContent = error.message;
    fault.hidden = false;
  }
  document.getElementById("waiting").hidden = true;
  table.setAttribute("aria-busy", "false");
}

const quoted = word => /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
const bySliders = later(120, () => draw({ values: values() }));
const byText = later(400, () => draw({ transform: text.value }));
let last = bySliders;
form.addEventListener("input", () => { values(); last = bySliders; bySliders(); });
form.addEventListener("reset", () => setTimeout(() => { values(); last = bySliders; bySliders(); }));
form.addEventListener("submit", event => event.preventDefault());
text.addEventListener("input", () => { last = byText; byText(); });
document.getElementById("redraw").addEventListener("click", () => { seed += 1; last(); });
draw({ values: values() });
