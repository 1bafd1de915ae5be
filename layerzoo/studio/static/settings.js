// Settings: limits are saved as they are changed; a token's text is shown once.
import { api, later, refresh, tried } from "./app.js";

const limits = document.getElementById("limits"), said = document.getElementById("limits-said");
limits.addEventListener("submit", event => event.preventDefault());
limits.addEventListener("input", later(400, () => {
  if (!limits.reportValidity()) return;
  const body = { cpu: limits.elements.cpu.valueAsNumber, per_gpu: limits.elements.per_gpu.valueAsNumber };
  tried(async () => { await api("PUT", "/api/limits", body); said.textContent = "Saved."; });
}));

const add = document.getElementById("add");
const list = () => refresh(location.href, part => part.id === "tokens");
add.addEventListener("submit", event => {
  event.preventDefault();
  tried(async () => {
    const made = await api("POST", "/api/tokens", { name: add.elements.name.value, role: add.elements.role.value });
    document.getElementById("token").textContent = made.token;
    document.getElementById("made").hidden = false;
    add.reset();
    await list();
  });
});
document.getElementById("tokens").addEventListener("click", () => setTimeout(() => tried(list), 300));
