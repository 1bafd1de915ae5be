// Texts that a net continues or answers, samples that it makes of noise, and samples that are no pictures.
import { api, tried } from "./app.js";
import { bars, make, resultAt, waiting } from "./look_parts.js";
import { send } from "./look_pictures.js";

const find = id => document.getElementById(id);

/** Run a form's action; the button waits for it. */
function onSubmit(form, place, text, action) {
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const button = form.querySelector("button.primary");
    button.disabled = true;
    place.hidden = false;
    place.replaceChildren(waiting(text));
    try {
      await action(name => form.elements.namedItem(name));
    } catch (error) {
      place.replaceChildren(make("p", { class: "fault" }, error.message));
    }
    button.disabled = false;
  });
}

export const text = {
  begin({ net, facts }) {
    const form = find("text-form"), place = find("text-answer");
    if (facts.kind === "answer") {
      find("text-label").textContent = "Texts to answer, a line each";
      form.elements.text.value = "";
      for (const label of find("text-settings").children) label.hidden = !label.querySelector("[name=length]");
      form.querySelector("button").textContent = "Answer";
    }
    onSubmit(form, place, "The net writes …", async field => {
      const number = name => Number(field(name).value);
      const { rows } = await api("POST", "/api/look/text", {
        net, text: field("text").value, length: number("length"), temperature: number("temperature"), top_k: number("top_k"), top_p: number("top_p"),
        count: number("count"), seed: number("seed"), beam: field("search").checked ? Math.max(4, number("count")) : 0,
      });
      place.replaceChildren(...rows.map(row => make("div", { class: "panel stack" }, make("p", { class: "said" }, make("mark", {}, row.begin), row.more), make("p", { class: "muted small" }, row.note))));
    });
  },
};

export const draw = {
  begin({ net }) {
    const form = find("draw-form"), place = find("draw-answer");
    onSubmit(form, place, "The net draws …", async field => {
      const seed = Number(field("seed").value);
      const { rows, results } = await api("POST", "/api/look/draw", { net, count: Number(field("count").value), seed, blob: field("blob").value });
      const [row] = rows;
      place.replaceChildren(make("figure", { class: "figure" }, make("img", { src: resultAt(results, row.file), alt: `${row.count} samples` }), make("figcaption", { class: "muted" }, `${row.count} samples of ${row.shape.join(" × ")}`)));
    });
  },
};

export const rows = {
  begin({ net, facts }) {
    const form = find("samples-form"), place = find("samples-answer");
    find("expected").textContent = facts.expected;
    find("typed-label").hidden = !facts.typed;
    onSubmit(form, place, "Asking the net …", async field => {
      const typed = facts.typed ? field("text").value : "", file = field("file").files[0];
      let source = field("path").value.trim();
      if (file) source = (await send(file, { name: file.name, sample: "true" })).source;
      const { rows: found, notes } = await api("POST", "/api/look/samples", { net, source, text: source ? "" : typed, name: file?.name ?? "" });
      const list = found.map(row => make("div", { class: "stack" }, make("h3", {}, row.name), bars(row.guesses, facts.kind === "numbers")));
      place.replaceChildren(make("div", { class: "stack" }, ...notes.map(note => make("p", { class: "muted" }, note)), ...list));
    });
    tried(() => form.elements.text.focus());
  },
};
