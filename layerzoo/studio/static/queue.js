// The queue: its order, by drag or by buttons, and its limits.
import { api, later, refresh, say, tried } from "./app.js";

const list = document.getElementById("queue");

async function move(job, place) {
  await tried(async () => {
    await api("PUT", `/api/jobs/${job}/place`, { place });
    await refresh();
    say(`It is now at place ${place}.`);
  });
}

list.addEventListener("click", event => {
  const button = event.target.closest("[data-move]");
  if (button) move(button.dataset.job, Number(button.dataset.place) + Number(button.dataset.move));
});

let dragged = null;
list.addEventListener("dragstart", event => {
  dragged = event.target.closest("[draggable=true]");
  if (dragged) event.dataTransfer.setData("text/plain", dragged.dataset.job);
});
list.addEventListener("dragover", event => {
  const over = event.target.closest("#waiting > li");
  if (!dragged || !over) return;
  event.preventDefault();
  for (const one of list.querySelectorAll(".over")) one.classList.toggle("over", one === over);
  over.classList.add("over");
});
list.addEventListener("drop", event => {
  const over = event.target.closest("#waiting > li");
  if (!dragged || !over) return;
  event.preventDefault();
  const place = [...over.parentElement.children].indexOf(over) + 1;
  if (over !== dragged) move(dragged.dataset.job, place);
});
list.addEventListener("dragend", () => {
  dragged = null;
  for (const one of list.querySelectorAll(".over")) one.classList.remove("over");
});

const limits = document.getElementById("limits");
limits.addEventListener("input", later(400, () => tried(async () => {
  const before = await api("GET", "/api/limits");
  const wanted = { cpu: Number(limits.elements.cpu.value), per_gpu: Number(limits.elements.per_gpu.value) };
  await api("PUT", "/api/limits", wanted);
  document.getElementById("limits-said").textContent = "Saved.";
  say("The limits are saved.", { undo: async () => { await api("PUT", "/api/limits", before); limits.elements.cpu.value = before.cpu; limits.elements.per_gpu.value = before.per_gpu; } });
})));
limits.addEventListener("submit", event => event.preventDefault());
