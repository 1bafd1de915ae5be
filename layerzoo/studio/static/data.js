// The list of data sets: named sets, paths and conversions; what a job makes is opened when it has ended.
import { api, base, say, tried } from "./app.js";

const pause = milliseconds => new Promise(go => setTimeout(go, milliseconds));

/** Wait until a job has ended well; its output's error otherwise. */
export async function ended(id, every = 600) {
  for (;;) {
    const job = await api("GET", `/api/jobs/${id}`);
    if (job.state === "done") return job;
    if (["failed", "stopped", "lost"].includes(job.state)) {
      const { text } = await api("GET", `/api/jobs/${id}/output?start=-4000`);
      throw new Error(text.slice(text.lastIndexOf("error: ") + 1 ? text.lastIndexOf("error: ") + 7 : 0).trim() || `${job.title}: ${job.state}`);
    }
    await pause(every);
  }
}

/** Open the page of a data set. */
export function open(path) {
  location.href = `${base}/data/set?${new URLSearchParams({ path })}`;
}

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-named]");
  if (!button) return;
  const name = button.dataset.named;
  button.disabled = true;
  await tried(async () => {
    const known = document.querySelector(`.card[href$="${encodeURIComponent(`/${name}`)}"]`);
    if (known) { location.href = known.href; return; }
    const job = await api("POST", `/api/data/named/${name}`, { folder: name });
    say(`Getting ${name} …`);
    await ended(job.id);
    const { sets } = await api("GET", "/api/data");
    open(sets.find(one => one.shown === name)?.path ?? name);
  });
  button.disabled = false;
});

document.getElementById("open")?.addEventListener("submit", event => {
  event.preventDefault();
  tried(async () => {
    const path = event.target.elements.path.value;
    const found = await api("GET", `/api/data/overview?${new URLSearchParams({ path })}`);
    open(found.path);
  });
});

document.getElementById("import")?.addEventListener("submit", event => {
  event.preventDefault();
  tried(async () => {
    const fields = event.target.elements;
    const job = await api("POST", "/api/data/import", {
      source: fields.source.value, target: fields.target.value, kind: fields.kind.value, root: fields.root.value,
      width: Number(fields.width.value), height: Number(fields.height.value),
      gray: fields.gray.checked, raw: fields.raw.checked, shuffle: fields.shuffle.checked,
    });
    say("Converting …");
    await ended(job.id);
    open(fields.target.value);
  });
});
