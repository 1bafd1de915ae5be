// Pictures that are shown to a net: files, drops, the camera, paths; one large, many in a table.
import { api, base, later, say, tried } from "./app.js";
import { bars, draw, make, percent, preview, resultAt, short } from "./look_parts.js";

const AT_ONCE = 16;
const find = id => document.getElementById(id);
let context, current = -1, running = false, stream = null;
const pictures = [];

/** The picture that is shown large, or null. */
export const shown = () => pictures[current] ?? null;

export function begin(given) {
  context = given;
  const { kind } = context.facts;
  find("top-label").hidden = kind !== "classify";
  find("threshold-label").hidden = kind !== "detect";
  find("answer-title").textContent = { detect: "Objects", segment: "Classes of pixels", image: "Output" }[kind] ?? "Answer";
  if (!context.mayRun) return;
  find("files").addEventListener("change", event => { tried(() => upload([...event.target.files])); event.target.value = ""; });
  const drop = find("drop"), panel = find("part-pictures");
  for (const name of ["dragenter", "dragover"]) panel.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
  panel.addEventListener("dragleave", event => { if (!panel.contains(event.relatedTarget)) drop.classList.remove("over"); });
  panel.addEventListener("drop", event => { event.preventDefault(); drop.classList.remove("over"); tried(() => upload([...event.dataTransfer.files])); });
  addEventListener("paste", event => { const files = [...(event.clipboardData?.files ?? [])]; if (files.length) tried(() => upload(files)); });
  find("path-form").addEventListener("submit", event => { event.preventDefault(); tried(() => open(find("path").value)); });
  find("top").addEventListener("change", again);
  find("threshold").addEventListener("input", event => { find("threshold-said").textContent = event.target.value; again(); });
  find("csv").addEventListener("click", save);
  find("forget").addEventListener("click", forget);
  find("camera").addEventListener("click", () => tried(camera));
  find("camera-off").addEventListener("click", cameraOff);
  find("shot").addEventListener("click", () => tried(shot));
}

const again = later(250, () => { for (const one of pictures) one.answer = null; tried(work); });

/** Send a file; the studio checks that it is a picture. */
export async function send(file, query) {
  const answer = await fetch(`${base}/api/look/pictures?${new URLSearchParams(query)}`, { method: "POST", body: file, headers: { "x-csrf-token": document.documentElement.dataset.csrf, "content-type": "application/octet-stream" } });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(`${file.name ?? "The picture"}: ${value.error ?? answer.statusText}`);
  return value;
}

async function upload(files) {
  let first = true;
  for (const file of files) {
    await tried(async () => {
      const { source, name, width, height } = await send(file, { name: file.name || "picture.png" });
      pictures.push({ source, name, width, height, answer: null });
      if (first) { current = pictures.length - 1; first = false; }
      await work();
    });
  }
}

async function open(path) {
  const { pictures: found, left_out: left } = await api("POST", "/api/look/paths", { path });
  const first = pictures.length;
  for (const one of found) pictures.push({ ...one, answer: null });
  current = first;
  if (left) say(`${left} more pictures were left out; layerzoo classify takes any number.`);
  await work();
}

/** Answer the pictures that have no answer yet, the one that is shown first. */
async function work() {
  render();
  if (running) return;
  running = true;
  try {
    for (;;) {
      const open = pictures.filter(one => !one.answer);
      if (!open.length) break;
      const now = shown() && !shown().answer ? [shown()] : open.slice(0, AT_ONCE);
      const { rows, results } = await ask(now.map(one => one.source));
      now.forEach((one, place) => { one.answer = { ...rows[place], results }; });
      render();
    }
  } catch (error) {
    for (const one of pictures) one.answer ??= { error: error.message, guesses: [] };
    throw error;
  } finally {
    running = false;
    render();
  }
}

function ask(sources) {
  const { kind } = context.facts, net = context.net;
  if (kind === "detect") return api("POST", "/api/look/detect", { net, sources, threshold: Number(find("threshold").value) });
  if (kind === "segment") return api("POST", "/api/look/segment", { net, sources });
  if (kind === "image") return outputs(sources);
  return api("POST", "/api/look/classify", { net, sources, top: Number(find("top").value) });
}

/** Of a net whose answer is a picture: the activations of its last layer. */
async function outputs(sources) {
  const rows = [];
  for (const source of sources) {
    const { results, figures } = await api("POST", "/api/look/layers", { net: context.net, source, layers: [context.facts.layers.at(-1).name] });
    const last = figures.filter(one => one.data?.kind === "activations").at(-1);
    rows.push({ error: "", output: { results, file: last.file, caption: last.caption } });
  }
  return { rows, results: "" };
}

function render() {
  find("seen").hidden = !pictures.length;
  find("many").hidden = pictures.length < 2;
  if (!pictures.length) return;
  const picture = shown();
  stage(picture);
  const place = find("answer"), { answer } = picture;
  place.replaceChildren(answer ? said(answer) : make("p", { class: "muted" }, make("progress", { "aria-label": "answering" }), " Asking the net …"));
  if (pictures.length < 2) return;
  const done = pictures.filter(one => one.answer).length, progress = find("many-progress");
  find("many-title").textContent = `${pictures.length} pictures`;
  progress.hidden = done === pictures.length;
  progress.max = pictures.length;
  progress.value = done;
  const rows = find("rows");
  while (rows.children.length > pictures.length) rows.lastChild.remove();
  pictures.forEach((one, index) => {
    const state = `${one.answer ? JSON.stringify(one.answer).length : ""} ${index === current} ${one.source}`;
    if (rows.children[index]?.dataset.state === state) return;
    const row = tableRow(one, index);
    row.dataset.state = state;
    if (rows.children[index]) rows.children[index].replaceWith(row); else rows.append(row);
  });
}

function tableRow(one, index) {
  const [label, score] = summary(one.answer);
  const select = () => { current = index; render(); find("seen").scrollIntoView({ block: "nearest" }); };
  return make("tr", { "aria-current": index === current ? "true" : null },
    make("td", {}, make("button", { type: "button", onclick: select, "aria-label": `Show ${one.name}` }, make("img", { class: "thumb", src: preview(one.source, 128), alt: "", loading: "lazy", width: 48, height: 48 }))),
    make("td", {}, one.name), make("td", {}, label), make("td", { class: "number" }, score));
}

function summary(answer) {
  if (!answer) return ["…", ""];
  if (answer.error) return [answer.error, ""];
  if (answer.objects) return [answer.objects.map(one => one.label).join(", ") || "none", answer.objects.length ? percent(answer.objects[0].score) : ""];
  if (answer.classes) { const top = answer.classes.find(one => one.index) ?? answer.classes[0]; return [top.label, percent(top.share)]; }
  if (answer.output) return ["a picture", ""];
  const best = answer.guesses[0];
  return [best?.label ?? "", best ? (context.facts.kind === "numbers" || best.score > 1 || best.score < 0 ? short(best.score) : percent(best.score)) : ""];
}

function stage(picture) {
  const { answer } = picture, key = `${picture.source} ${answer ? JSON.stringify(answer) : ""}`, place = find("stage");
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  const overlay = answer?.file ? resultAt(answer.results, answer.file) : answer?.output ? resultAt(answer.output.results, answer.output.file) : null;
  const image = make("img", { src: overlay ?? preview(picture.source, 1024), alt: picture.name });
  image.addEventListener("load", () => { if (Math.max(image.naturalWidth, image.naturalHeight) < 400) image.classList.add("small-picture"); });
  const frame = make("div", { class: "frame" }, image);
  if (answer?.objects?.length) frame.append(boxes(answer.objects), ...answer.objects.map(tag));
  place.replaceChildren(frame);
  find("stage-note").textContent = [picture.name, picture.width ? `${picture.width} × ${picture.height} pixels` : "", `the net sees ${context.facts.size.join(" × ")}`].filter(Boolean).join(" · ");
}

function boxes(objects) {
  const svg = draw("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const one of objects.toReversed()) {
    const sides = { x: one.left, y: one.top, width: one.right - one.left, height: one.bottom - one.top };
    svg.append(draw("rect", { ...sides, stroke: "#000", "stroke-width": 5 }), draw("rect", { ...sides, stroke: one.colour }));
  }
  return svg;
}

function tag(one) {
  const element = make("span", { class: "tag-on" }, `${one.label} ${percent(one.score)}`);
  const above = one.top > 0.1, atRight = one.left > 0.6;
  element.style[atRight ? "right" : "left"] = `${100 * (atRight ? 1 - one.right : one.left)}%`;
  element.style[above ? "bottom" : "top"] = `${100 * (above ? 1 - one.top : one.top)}%`;
  element.style.borderColor = one.colour;
  return element;
}

function said(answer) {
  if (answer.error) return make("p", { class: "fault" }, answer.error);
  if (answer.objects) return answer.objects.length ? coloured(answer.objects.map(one => [one, one.score])) : make("p", { class: "muted" }, "No object reaches the least score. Lower it to see what the net is less sure of.");
  if (answer.classes) return coloured(answer.classes.map(one => [one, one.share]));
  if (answer.output) return make("p", { class: "muted" }, answer.output.caption);
  return bars(answer.guesses, context.facts.kind === "numbers");
}

function coloured(pairs) {
  const list = make("ul", { class: "bars" });
  for (const [one, share] of pairs) {
    const swatch = make("span", { class: "swatch-box", "aria-hidden": "true" });
    swatch.style.background = one.colour;
    list.append(make("li", {}, make("b", {}, swatch, one.label), make("span", {}, percent(share)), make("meter", { min: 0, max: 1, value: share, "aria-label": `${one.label}` })));
  }
  return list;
}

function save() {
  const quote = text => `"${String(text).replaceAll('"', '""')}"`;
  const lines = ["picture,label,index,score,left,top,right,bottom"];
  for (const { name, answer } of pictures) {
    if (!answer || answer.error) continue;
    for (const one of answer.guesses ?? answer.objects ?? answer.classes ?? []) lines.push([quote(name), quote(one.label), one.index, one.score ?? one.share, one.left ?? "", one.top ?? "", one.right ?? "", one.bottom ?? ""].join(","));
  }
  const link = make("a", { href: URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" })), download: "answers.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function forget() {
  const kept = pictures.splice(0), place = current;
  find("rows").replaceChildren();
  find("stage").dataset.key = "";
  render();
  say(`${kept.length} pictures cleared`, { undo: () => { pictures.unshift(...kept); current = place; render(); } });
}

async function camera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    throw new Error("The browser gives no camera: there is none, it is in use, or it was not allowed.");
  }
  find("video").srcObject = stream;
  find("viewfinder").hidden = false;
  find("shot").focus();
}

function cameraOff() {
  stream?.getTracks().forEach(track => track.stop());
  stream = null;
  find("viewfinder").hidden = true;
  find("camera").focus();
}

async function shot() {
  const video = find("video"), canvas = make("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise(done => { canvas.toBlob(done, "image/png"); });
  await upload([new File([blob], `camera-${pictures.length + 1}.png`)]);
}
