// The zoo: search, what stores offer, and forms that start jobs.
import { api, base, later, refresh, say, tried } from "./app.js";
import { make } from "./look_parts.js";

const find = id => document.getElementById(id);

// Search and filters.
const filter = find("filter"), entries = find("entries");
if (filter) {
  const address = () => {
    const values = [...new FormData(filter)].filter(([, value]) => value);
    return `${base}/zoo${values.length ? `?${new URLSearchParams(values)}` : ""}`;
  };
  const show = later(200, () => tried(async () => {
    const wanted = address();
    history.replaceState(null, "", wanted);
    await refresh(wanted, part => part === entries);
  }));
  filter.addEventListener("input", show);
  filter.addEventListener("submit", event => event.preventDefault());
}

// Dialogs.
document.addEventListener("click", event => {
  const button = event.target.closest("[data-dialog], [data-close], [data-verify]");
  if (!button) return;
  if (button.dataset.dialog) find(button.dataset.dialog).showModal();
  else if (button.dataset.verify) tried(() => start(button.dataset.verify, {}));
  else button.closest("dialog").close();
});

async function start(path, body) {
  const job = await api("POST", path, body);
  say(`${job.title} has started`, { undo: () => api("POST", `/api/jobs/${job.id}/stop`) });
  await refresh();
}

function send(form, path, body) {
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const fault = form.querySelector(".fault");
    fault.hidden = true;
    try {
      await start(path, body(form.elements));
      form.closest("dialog").close();
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
  });
}

for (const form of document.querySelectorAll("form[data-send]")) send(form, form.dataset.send, () => Object.fromEntries(new FormData(form)));
const publishing = find("publish-form");
if (publishing?.elements.run) {
  send(publishing, "/api/zoo/publish", fields => ({
    run: fields.run.value, name: fields.name.value, title: fields.title.value, description: fields.description.value,
    license: fields.license.value, last: fields.last.checked, tags: fields.tags.value.split(",").map(tag => tag.trim()).filter(Boolean),
  }));
  const wanted = location.hash.match(/^#publish=(\w+)$/)?.[1];
  if (wanted) { publishing.elements.run.value = wanted; find("publish").showModal(); }
}

// What stores offer.
const remote = find("remote-form"), offered = find("remote");
remote?.addEventListener("submit", async event => {
  event.preventDefault();
  const fields = remote.elements, store = fields.store.value, signed = fields.signed.checked;
  offered.replaceChildren(make("p", { class: "busy" }, make("progress", { "aria-label": "asking" }), " Asking …"));
  try {
    const { entries: found, problems } = await api("GET", `/api/zoo/remote?${new URLSearchParams({ store, search: fields.search.value })}`);
    const kept = signed ? found.filter(row => row.signed) : found;
    const rows = kept.slice(0, 200).map(row => {
      const get = make("button", { type: "button", class: "small", onclick: () => tried(() => start("/api/zoo/get", { name: row.where === "classics" ? row.name : row.address, store: row.where === "classics" ? "" : row.where, signed })) }, row.here ? "Get again" : "Get", make("span", { class: "hidden" }, ` ${row.address}`));
      const facts = [row.where, row.license, row.signed ? "signed" : "", Object.entries(row.results).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(", "), row.here ? "is here" : ""].filter(Boolean).join(" · ");
      return make("li", {}, make("span", { class: "grow" }, make("b", {}, row.where === "classics" ? row.name : row.address), make("span", { class: "muted" }, facts)), get);
    });
    offered.replaceChildren(...problems.map(problem => make("p", { class: "fault small" }, problem)), rows.length ? make("ul", { class: "jobs" }, ...rows) : make("p", { class: "muted" }, "They have no such entry."));
  } catch (error) {
    offered.replaceChildren(make("p", { class: "fault" }, error.message));
  }
});
