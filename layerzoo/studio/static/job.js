// What a job prints, as it prints it.
import { api, onChange, tried } from "./app.js";

const text = document.getElementById("output");
let next = -65536, busy = false;
async function follow() {
  if (busy) return;
  busy = true;
  try {
    const part = await api("GET", `/api/jobs/${text.dataset.job}/output?start=${next}`);
    next = part.next;
    const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
    if (part.text) text.append(part.text);
    if (atEnd) text.scrollTop = text.scrollHeight;
  } finally { busy = false; }
}
tried(follow);
onChange(() => tried(follow));
setInterval(() => { if (document.visibilityState === "visible") follow().catch(() => {}); }, 1500);
