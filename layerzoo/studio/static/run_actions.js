// What can be done with a run: train it further, publish it.
import { api, base, say } from "./app.js";

const number = text => text.trim() ? Number(text) : 0;
const bodies = {
  "go-on": form => ["resume", { snapshot: Number(form.snapshot.value), max_iter: number(form.max_iter.value), max_epoch: number(form.max_epoch.value) }],
  publish: form => ["publish", { name: form.name.value.trim() }],
};

addEventListener("click", event => {
  const opens = event.target.closest("[data-dialog]");
  if (opens) {
    const dialog = document.getElementById(opens.dataset.dialog);
    if (opens.dataset.goOn) dialog.querySelector("[name=snapshot]").value = opens.dataset.goOn;
    dialog.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog").close();
});

for (const [id, body] of Object.entries(bodies)) {
  const form = document.querySelector(`#${id} form`);
  form?.addEventListener("submit", async event => {
    event.preventDefault();
    const fault = form.querySelector(".fault");
    fault.hidden = true;
    try {
      const [what, wanted] = body(form.elements), job = await api("POST", `/api/runs/${form.dataset.run}/${what}`, wanted);
      if (what === "publish") { location.href = `${base}/jobs/${job.id}`; return; }
      form.closest("dialog").close();
      say(`${job.title} is in the queue.`, { undo: () => api("POST", `/api/jobs/${job.id}/stop`) });
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
  });
}
