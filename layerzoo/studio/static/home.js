// The list of runs: search as you type, order, parts of the list, and what is done with those picked.
import { api, base, later, refresh, say, tried } from "./app.js";

const form = document.getElementById("filter"), list = document.getElementById("runs");
const bar = document.getElementById("selected"), count = document.getElementById("selected-count");
const picked = () => [...list.querySelectorAll("input:checked")].map(one => one.value);

function address(more = {}) {
  const values = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) values.set(name, value);
  for (const [name, value] of [...values]) if (value === "") values.delete(name);
  return `${location.pathname}?${values}`;
}

async function show(more) {
  const target = address(more);
  history.replaceState(null, "", target);
  await tried(() => refresh(target, part => part === list));
  selected();
}

function selected() {
  const runs = picked();
  bar.hidden = !runs.length;
  count.textContent = `${runs.length} picked`;
  document.getElementById("compare").disabled = runs.length < 2 || runs.length > 10;
}

form.addEventListener("submit", event => { event.preventDefault(); show(); });
form.addEventListener("input", later(150, () => show()));
list.addEventListener("change", selected);
list.addEventListener("refreshed", selected);
list.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button?.dataset.sort) {
    const same = form.elements.sort.value === button.dataset.sort;
    form.elements.descending.value = String(same ? form.elements.descending.value !== "true" : button.dataset.sort !== "name");
    form.elements.sort.value = button.dataset.sort;
    show();
  } else if (button?.dataset.start) {
    show({ start: button.dataset.start }).then(() => list.scrollIntoView());
  }
});
document.getElementById("clear").addEventListener("click", () => {
  for (const one of list.querySelectorAll("input:checked")) one.checked = false;
  selected();
});
document.getElementById("compare").addEventListener("click", () => {
  location.href = `${base}/compare?${new URLSearchParams(picked().map(run => ["run", run]))}`;
});
document.getElementById("archive")?.addEventListener("click", () => tried(async () => {
  const runs = picked(), archived = !form.elements.archived?.checked;
  const set = async value => {
    for (const run of runs) {
      const { notes } = await api("GET", `/api/runs/${run}`);
      await api("PUT", `/api/runs/${run}/notes`, { ...notes, archived: value });
    }
    location.reload();
  };
  for (const run of runs) {
    const { notes } = await api("GET", `/api/runs/${run}`);
    await api("PUT", `/api/runs/${run}/notes`, { ...notes, archived });
  }
  await refresh(address(), part => part === list);
  selected();
  say(archived ? `${runs.length} archived` : `${runs.length} brought back`, { undo: () => set(!archived) });
}));
