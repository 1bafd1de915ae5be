// The samples of the test set in the plane, each a point that shows its picture.
import { tried } from "./app.js";
import { make, options, tile } from "./look_parts.js";
import { Reports, read } from "./look_reports.js";

const find = id => document.getElementById(id);
/** Colours that colour-blind readers can tell apart; further classes repeat them with another shape. */
const LIGHT = ["#4477aa", "#ee6677", "#228833", "#b58900", "#66ccee", "#aa3377", "#888888", "#ee7733", "#009988", "#6a51a3"];
const DARK = ["#6fa8e8", "#ff8f9a", "#5cc27a", "#e0b84a", "#9fe3ff", "#e07acb", "#b5b5b5", "#ff9d5c", "#3fd0bd", "#a994f0"];
const colour = label => (document.documentElement.dataset.theme === "dark" ? DARK : LIGHT)[label % LIGHT.length];
const MARGIN = 18;

export async function begin(context) {
  const form = find("plane-form"), place = find("plane-answer");
  options(form.elements.layer, context.facts.layers.filter(layer => layer.shape.length && layer.type !== "Input").map(layer => [layer.name, `${layer.name} (${layer.type})`]));
  const reports = new Reports(context, "embeddings", {
    busy: find("plane-busy"),
    show: async report => {
      const found = await read(report, "figures.json"), figure = found?.figures.find(one => one.data?.kind === "embeddings");
      if (figure) place.replaceChildren(plane({ ...figure.data, sheets: figure.sheets, number: report.results, caption: figure.caption }));
    },
  });
  form.addEventListener("submit", event => {
    event.preventDefault();
    const fields = form.elements, button = form.querySelector("button");
    button.disabled = true;
    tried(() => reports.start({ layer: fields.layer.value, method: fields.method.value, most: Number(fields.most.value) })).finally(() => { button.disabled = false; });
  });
  await reports.load();
  if (!place.children.length && find("plane-busy").hidden) place.replaceChildren(make("div", { class: "empty panel" }, make("p", {}, "Each sample of the test set as a point, near to those that a layer sees alike: classes that the net tells apart are clouds of their own.")));
}

function plane(data) {
  const canvas = make("canvas", { tabindex: "0", role: "img", "aria-label": `${data.caption}. Arrow keys go from point to point.` });
  const card = make("div", { class: "stack", "aria-live": "polite" }, make("p", { class: "muted" }, "Point at a sample to see its picture."));
  const hidden = new Set(), names = index => data.names[index] ?? String(index);
  const labels = data.labels ?? data.places.map(() => 0), classes = [...new Set(labels)].sort((one, other) => one - other);
  const legend = make("ul", { class: "legend" }, ...classes.map(label => {
    const swatch = make("span", { class: "swatch-box", "aria-hidden": "true", "data-label": label });
    return make("li", {}, make("button", { type: "button", "aria-pressed": "true", onclick: event => {
      const off = !hidden.delete(label) && hidden.add(label);
      event.currentTarget.setAttribute("aria-pressed", String(!off));
      paint();
    } }, swatch, names(label)));
  }));
  const xs = data.places.map(place => place[0]), ys = data.places.map(place => place[1]);
  const low = [Math.min(...xs), Math.min(...ys)], high = [Math.max(...xs), Math.max(...ys)];
  let chosen = -1, points = [];

  function paint() {
    const { clientWidth: width, clientHeight: height } = canvas, ratio = devicePixelRatio || 1;
    for (const swatch of legend.querySelectorAll("[data-label]")) swatch.style.background = colour(Number(swatch.dataset.label));
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d"), ink = getComputedStyle(canvas).color;
    pen.scale(ratio, ratio);
    points = data.places.map(([x, y]) => [MARGIN + ((x - low[0]) / (high[0] - low[0] || 1)) * (width - 2 * MARGIN), height - MARGIN - ((y - low[1]) / (high[1] - low[1] || 1)) * (height - 2 * MARGIN)]);
    points.forEach(([x, y], index) => {
      const label = labels[index];
      if (hidden.has(label)) return;
      pen.fillStyle = colour(label);
      pen.globalAlpha = 0.8;
      pen.beginPath();
      if (Math.floor(label / LIGHT.length) % 2) pen.rect(x - 3.5, y - 3.5, 7, 7); else pen.arc(x, y, 4, 0, 2 * Math.PI);
      pen.fill();
    });
    if (chosen >= 0) {
      pen.globalAlpha = 1;
      pen.strokeStyle = ink;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(...points[chosen], 8, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function choose(index) {
    if (index === chosen || index < 0) return;
    chosen = index;
    const title = data.labels ? `sample ${index}: ${names(labels[index])}` : `sample ${index}`;
    card.replaceChildren(tile(data, index, 160, title), make("p", {}, title));
    paint();
  }

  function near(event) {
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let best = -1, least = 30 ** 2;
    points.forEach(([px, py], index) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least && !hidden.has(labels[index])) { least = distance; best = index; }
    });
    choose(best);
  }

  /** The nearest point in a direction. */
  function step(dx, dy) {
    if (chosen < 0) { choose(0); return; }
    const [x, y] = points[chosen];
    let best = -1, least = Infinity;
    points.forEach(([px, py], index) => {
      const along = (px - x) * dx + (py - y) * dy, across = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (along > 0.5 && along + 2 * across < least && !hidden.has(labels[index])) { least = along + 2 * across; best = index; }
    });
    choose(best);
  }

  canvas.addEventListener("pointermove", near);
  canvas.addEventListener("pointerdown", near);
  canvas.addEventListener("keydown", event => {
    const direction = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (direction) { event.preventDefault(); step(...direction); }
  });
  new ResizeObserver(paint).observe(canvas);
  addEventListener("theme", paint);
  return make("div", { class: "panel stack" }, make("p", { class: "muted small" }, data.caption, data.axes.length ? `; across ${data.axes[0]}, up ${data.axes[1]}` : ""), make("div", { class: "plane" }, canvas, make("aside", {}, card, legend)));
}
