// What the parts of the page Look share: elements, previews, bars, histograms, small pictures from sheets.
import { base } from "./app.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") element.addEventListener("click", value);
    else if (key === "class") element.className = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** An SVG element. */
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const preview = (source, side) => `${base}/api/look/preview?${new URLSearchParams({ source, side })}`;
export const resultAt = (number, file) => `${base}/api/look/results/${number}/${file.split("/").map(encodeURIComponent).join("/")}`;
export const short = value => (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 100000) ? String(Number(value.toPrecision(4))) : value.toExponential(2));
/** A share in percent: 97.2 %, 0.42 %, 100 %. */
export const percent = value => (value > 0.99995 ? "100 %" : value < 0.00005 ? "0 %" : `${(100 * value).toFixed(value > 0.9995 || value < 0.0995 ? 2 : 1)} %`);

/** Guesses as a list of bars. */
export function bars(guesses, areNumbers = false) {
  const list = make("ul", { class: "bars" });
  const shares = guesses.every(one => one.score >= 0 && one.score <= 1.0001);
  const most = Math.max(...guesses.map(one => Math.abs(one.score)), 1e-12);
  for (const one of guesses) {
    const said = areNumbers || !shares ? short(one.score) : percent(one.score);
    const row = make("li", {}, make("b", {}, one.label), make("span", {}, said));
    if (!areNumbers) row.append(make("meter", { min: 0, max: shares ? 1 : most, value: Math.max(0, one.score), "aria-label": `score of ${one.label}` }));
    list.append(row);
  }
  return list;
}

/** A histogram of the values of a layer. */
export function histogram(data) {
  if (!data?.histogram) return make("p", { class: "muted small" }, "No finite values.");
  const counts = data.histogram, most = Math.max(...counts), width = 100 / counts.length;
  const svg = draw("svg", { class: "histogram", viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img", "aria-label": `histogram of ${data.count} values from ${short(data.min)} to ${short(data.max)}, mean ${short(data.mean)}` });
  counts.forEach((count, place) => {
    const height = count ? Math.max(0.6, (38 * count) / most) : 0;
    svg.append(draw("rect", { x: place * width, y: 39 - height, width: width * 0.9, height }));
  });
  svg.append(draw("line", { x1: 0, x2: 100, y1: 39.5, y2: 39.5 }));
  const facts = `mean ${short(data.mean)}, deviation ${short(data.std)}${data.zeros > 0 ? `, ${percent(data.zeros)} are 0` : ""}${data.finite < data.count ? `, ${data.count - data.finite} not finite` : ""}`;
  return make("div", {}, svg, make("div", { class: "histogram-ends" }, make("span", {}, short(data.min)), make("span", {}, facts), make("span", {}, short(data.max))));
}

/** A small picture of a sample, cut from its sheet. */
export function tile(report, sample, side, label) {
  const { sheet } = report;
  if (!sheet || sample >= sheet.count) return make("div", { class: "tile-picture muted" }, `sample ${sample}`);
  const scale = side / Math.max(sheet.width, sheet.height), place = sample % sheet.per_sheet;
  const element = make("div", { class: "tile-picture", role: "img", "aria-label": label });
  const style = element.style;
  style.width = `${sheet.width * scale}px`;
  style.height = `${sheet.height * scale}px`;
  style.backgroundImage = `url("${resultAt(report.number, report.sheets[Math.floor(sample / sheet.per_sheet)])}")`;
  style.backgroundSize = `${sheet.columns * sheet.width * scale}px auto`;
  style.backgroundPosition = `-${(place % sheet.columns) * sheet.width * scale}px -${Math.floor(place / sheet.columns) * sheet.height * scale}px`;
  return element;
}

/** Fill a select with further options. */
export function options(select, values) {
  for (const [value, label] of values) select.append(make("option", { value }, label));
}

/** A line that says that something is being done. */
export function waiting(text) {
  return make("p", { class: "panel busy", role: "status" }, make("progress", { "aria-label": text }), ` ${text}`);
}
