// Figures of a net: in total, of one layer, and the table of all layers.
import { api } from "../app.js";

const part = id => document.getElementById(id);
const whole = new Intl.NumberFormat("en");

/** A count in words of at most four digits: 61.0 M. */
export function short(value) {
  for (const [unit, size] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e4]]) {
    if (value >= size) return `${(value / (unit === "k" ? 1e3 : size)).toPrecision(3)} ${unit}`;
  }
  return whole.format(value);
}

/** A number of bytes. */
export function bytes(value) {
  for (const unit of ["B", "KiB", "MiB", "GiB", "TiB"]) {
    if (value < 1024 || unit === "TiB") return `${Number(value.toPrecision(3))} ${unit}`;
    value /= 1024;
  }
  return "";
}

const shapes = blobs => blobs.map(one => `${one.name}  ${one.shape}`).join("\n") || "none";

function pairs(list, values) {
  list.replaceChildren(...values.flatMap(([name, value, title]) => {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    if (title) text.title = title;
    return [term, text];
  }));
}

/** The figures of the whole net. */
export function showTotals(net) {
  const { totals } = net, batch = totals.batch_size;
  const values = [
    ["layers", whole.format(totals.layers), ""],
    ["params", short(totals.params), `${whole.format(totals.params)} learned values`],
    ["multiply-adds", short(totals.macs), `${whole.format(totals.macs)} in a forward pass${batch ? ` of a batch of ${batch}` : ""}`],
    ["blobs", bytes(totals.bytes), "all tops in float32"],
    [`memory to ${totals.trains ? "train" : "run"}, about`, bytes(totals.memory), "params, gradients, history of SGD, and blobs that are alive at once"],
    ["batch", batch ? whole.format(batch) : "unknown", "first axis of the first input"],
  ];
  part("totals").replaceChildren(...values.map(([name, value, title]) => {
    const box = document.createElement("div"), label = document.createElement("span"), figure = document.createElement("b");
    label.className = "muted small";
    label.textContent = name;
    figure.textContent = value;
    box.title = title;
    box.append(label, figure);
    return box;
  }));
}

const explained = new Map();
let shown = "";

/** What is known of a layer. */
export async function showLayer(layer) {
  part("layer").hidden = !layer;
  if (!layer) return;
  part("layer-name").textContent = layer.name;
  pairs(part("layer-facts"), [
    ["type", layer.type],
    ...(layer.block ? [["in block", layer.block]] : []),
    ["takes", shapes(layer.bottoms)],
    ["gives", shapes(layer.tops)],
    ["params", whole.format(layer.params)],
    ["multiply-adds", whole.format(layer.macs)],
    ["memory", layer.bytes ? bytes(layer.bytes) : "none of its own"],
  ]);
  part("layer-config").hidden = !layer.config;
  part("layer-config").querySelector("pre").textContent = layer.config;
  part("layer-type").textContent = `What ${layer.type} does`;
  shown = layer.type;
  if (!explained.has(layer.type)) {
    part("explained").textContent = "…";
    try { explained.set(layer.type, (await api("GET", `/api/nets/explain?name=${encodeURIComponent(layer.type)}`)).text); }
    catch (error) { explained.set(layer.type, error.message); }
  }
  if (shown === layer.type) part("explained").textContent = explained.get(layer.type);
}

/** The table of layers; a click on a name chooses it. */
export function showTable(layers, choose) {
  const table = document.createElement("table");
  table.className = "plain layers";
  const head = table.createTHead().insertRow();
  for (const [name, kind] of [["Layer", ""], ["Type", ""], ["Gives", ""], ["Params", "number"], ["Multiply-adds", "number"], ["Memory", "number"]]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = kind;
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  layers.forEach((layer, index) => {
    const row = body.insertRow(), button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small";
    button.textContent = layer.name || "(no name)";
    button.addEventListener("click", () => choose(index));
    row.insertCell().append(button);
    for (const [value, kind] of [[layer.type, ""], [layer.tops.map(top => top.shape).join(", "), ""],
      [layer.params ? whole.format(layer.params) : "", "number"], [layer.macs ? short(layer.macs) : "", "number"], [layer.bytes ? bytes(layer.bytes) : "", "number"]]) {
      const cell = row.insertCell();
      cell.className = kind;
      cell.textContent = value;
    }
  });
  part("table").replaceChildren(table);
}
