// What to train: a project from data, or a solver for a net.
import { api, base } from "./app.js";

const whole = text => text.trim() ? Number(text) : 0;

function go(form, path, body) {
  form?.addEventListener("submit", async event => {
    event.preventDefault();
    const button = form.querySelector("button:not([type])"), fault = form.querySelector(".fault"), words = button.textContent;
    fault.hidden = true;
    button.disabled = true;
    button.textContent = "Looking …";
    try {
      const made = await api("POST", path, body(form.elements));
      const more = new URLSearchParams({ solver: made.solver });
      const weights = new URLSearchParams(location.search).get("weights");
      if (weights) more.set("weights", weights);
      location.href = `${base}/train?${more}`;
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
      button.disabled = false;
      button.textContent = words;
    }
  });
}

go(document.getElementById("project"), "/api/train/project", form => ({
  data: form.data.value.trim(), folder: form.folder.value.trim(), model: form.zoo.value.trim() || form.model.value,
  epochs: whole(form.epochs.value), batch_size: whole(form.batch_size.value), size: whole(form.size.value), label: form.label.value.trim(),
}));
go(document.getElementById("net"), "/api/train/solver", form => ({ net: form.net.value.trim() }));

const data = document.querySelector("#project [name=data]"), folder = document.querySelector("#project [name=folder]");
data?.addEventListener("change", () => {
  const name = data.value.replace(/[/\\]+$/, "").split(/[/\\]/).pop().replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9._-]+/g, "-");
  if (!folder.value && name) folder.value = `${name}-net`;
});
data?.dispatchEvent(new Event("change"));
