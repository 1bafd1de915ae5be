import { api, base } from "./app.js";

const form = document.getElementById("login"), fault = document.getElementById("login-fault");
form?.addEventListener("submit", async event => {
  event.preventDefault();
  fault.hidden = true;
  try {
    await api("POST", "/login", { name: form.elements.name.value, password: form.elements.password.value });
    location.href = `${base}/`;
  } catch (error) {
    fault.textContent = error.message;
    fault.hidden = false;
    form.elements.password.select();
  }
});
