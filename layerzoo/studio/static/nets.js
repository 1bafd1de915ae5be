// The list of nets: search, clones, comparisons, and new nets.
import { api, base, later, refresh, say, tried } from "./app.js";
import { done } from "./nets/files.js";

const part = id => document.getElementById(id);
const form = part("filter"), list = part("nets"), maker = part("new-form");
const picked = () => [...list.querySelectorAll("input:checked")].map(one => one.value);

async function show() {
  const values = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const target = `${location.pathname}?${values}`;
  history.replaceState(null, "", target);
  await tried(() => refresh(target, one => one === list));
  selected();
}

function selected() {
  const paths = picked();
  part("selected").hidden = !paths.length;
  part("selected-count").textContent = paths.length === 2 ? "2 picked" : `${paths.length} picked; two can be compared`;
  part("diff").disabled = paths.length !== 2;
}

form.addEventListener("submit", event => { event.preventDefault(); show(); });
form.addEventListener("input", later(150, show));
list.addEventListener("change", selected);
list.addEventListener("refreshed", selected);
part("diff").addEventListener("click", () => {
  const [old, fresh] = picked();
  location.href = `${base}/nets/diff?${new URLSearchParams({ old, new: fresh })}`;
});
part("clear").addEventListener("click", () => {
  for (const one of list.querySelectorAll("input:checked")) one.checked = false;
  selected();
});
list.addEventListener("click", event => {
  const button = event.target.closest("button[data-clone]");
  if (button) tried(async () => {
    const copy = await api("POST", "/api/nets/clone", { path: button.dataset.clone });
    await show();
    say(`${copy.path} is a copy.`, { undo: async () => {
      await api("DELETE", `/api/nets/text?${new URLSearchParams({ path: copy.path, version: copy.version })}`);
      await show();
    } });
  });
});

part("shipped-search").addEventListener("input", () => {
  const word = part("shipped-search").value.toLowerCase();
  for (const group of part("shipped").querySelectorAll("details")) {
    let any = false;
    for (const row of group.querySelectorAll("li")) {
      row.hidden = !row.dataset.words.toLowerCase().includes(word);
      any ||= !row.hidden;
    }
    group.hidden = !any;
    if (word) group.open = any;
  }
});

if (maker) {
  const model = maker.elements.model;
  const words = () => {
    const what = model.selectedOptions[0]?.dataset.what;
    part("model-what").textContent = what || "Sizes, batch and epochs are chosen by the data, each with its reason as a comment.";
    maker.elements.size.disabled = model.value.startsWith("zoo:");
    const data = maker.elements.data.value || "PATH", folder = maker.elements.folder.value || "DIR";
    const more = ["model", "size", "batch_size", "epochs", "label"].map(name => (maker.elements[name].value && !maker.elements[name].disabled ? ` -${name} ${maker.elements[name].value}` : "")).join("");
    part("command").textContent = `layerzoo new ${folder} -data ${data}${more}`;
  };
  maker.addEventListener("input", words);
  let named = false;  // by the user
  maker.elements.folder.addEventListener("input", () => { named = Boolean(maker.elements.folder.value); });
  maker.elements.data.addEventListener("input", () => {
    const name = maker.elements.data.value.replace(/\/+$/, "").split("/").at(-1).replace(/\.\w+$/, "");
    if (!named) { maker.elements.folder.value = name && `${name}-net`; words(); }
  });
  const wanted = model.dataset.model;
  if (wanted.startsWith("zoo:")) model.value = wanted;
  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-model]");
    if (!link) return;
    event.preventDefault();
    model.value = link.dataset.model;
    words();
    part("new").scrollIntoView({ block: "nearest" });
    maker.elements.data.focus();
  });
  api("GET", "/api/nets/choices").then(choices => {
    part("standard").replaceChildren(...choices.map(one => {
      const option = new Option(one.name, one.name);
      option.dataset.what = `${one.what}; for ${one.tasks.join(", ")}.`;
      return option;
    }));
    if (wanted) model.value = wanted;
    words();
  }).catch(() => part("standard").replaceChildren());
  maker.addEventListener("submit", async event => {
    event.preventDefault();
    const value = name => maker.elements[name].value.trim(), number = name => (maker.elements[name].disabled ? 0 : Number(value(name) || 0));
    const button = maker.querySelector("button.primary"), fault = part("new-fault");
    fault.hidden = true;
    button.disabled = true;
    part("new-said").textContent = "Looking at the data …";
    try {
      const job = await api("POST", "/api/nets/new", {
        data: value("data"), folder: value("folder"), model: value("model"), size: number("size"), batch_size: number("batch_size"),
        epochs: number("epochs"), label: value("label").split(",").map(one => one.trim()).filter(Boolean),
      });
      await done(job);
      location.href = `${base}/nets/edit?path=${encodeURIComponent(`${value("folder").replace(/\/+$/, "")}/net.yaml`)}`;
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
      part("new-said").textContent = "";
    }
    button.disabled = false;
  });
}
selected();
