// A data set: let a job look at it, follow it, and show samples by class and part.
import { api, base, refresh, tried } from "./app.js";

const overview = document.getElementById("overview");
const path = overview.dataset.path;
const query = values => new URLSearchParams({ path, ...values });
const format = new Intl.NumberFormat();
let state = overview.dataset.state;

async function follow() {
  if (state === "missing" && overview.dataset.run) await api("POST", "/api/data/overview", { path });
  else if (state === "missing") return;
  while (["missing", "waiting", "reading"].includes(state)) {
    await new Promise(go => setTimeout(go, 700));
    const known = await api("GET", `/api/data/overview?${query({})}`);
    if (known.state === "missing") continue;
    state = known.state;
    const bar = document.getElementById("looked");
    if (bar && known.of) {
      bar.value = known.done / known.of;
      document.getElementById("looked-text").textContent = `${format.format(known.done)} of ${format.format(known.of)} samples`;
    }
  }
  // the button for transforms stands outside of what follows changes
  if (state === "ready" && overview.dataset.state !== "ready") location.reload();
  else await refresh();
}

async function samples(start) {
  const list = document.getElementById("samples"), values = { start, count: 48 };
  const name = document.getElementById("sample-class")?.value, part = document.getElementById("sample-part")?.value;
  if (name) values.name = name;
  if (part) values.part = part;
  const found = await api("GET", `/api/data/samples?${query(values)}`);
  if (!start) list.replaceChildren();
  list.append(...found.samples.map(one => {
    const item = document.createElement("li"), figure = document.createElement("figure");
    const image = document.createElement("img"), caption = document.createElement("figcaption");
    image.src = `${base}/api/data/picture?${query({ file: one.file })}`;
    image.alt = `${one.classes.join(", ")}: ${one.name}`;
    image.width = image.height = 112;
    image.loading = "lazy";
    caption.textContent = one.classes.join(", ") || one.name;
    figure.append(image, caption);
    item.append(figure);
    return item;
  }));
  document.getElementById("sample-count").textContent = `${format.format(list.children.length)} of ${format.format(found.total)} thumbnails; each class has up to 60`;
  document.getElementById("more").hidden = list.children.length >= found.total;
}

overview.addEventListener("change", event => {
  if (event.target.id.startsWith("sample-")) tried(() => samples(0));
});
overview.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button?.id === "more") tried(() => samples(document.getElementById("samples").children.length));
  else if (button?.id === "look-again") tried(async () => { state = "missing"; await follow(); });
  else if (button?.dataset.class !== undefined) {
    document.getElementById("sample-class").value = button.dataset.class;
    tried(() => samples(0));
    document.getElementById("samples-panel").scrollIntoView({ behavior: "smooth" });
  }
});
if (state !== "ready" && state !== "failed") tried(follow);
