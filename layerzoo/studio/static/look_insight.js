// Why a net answers as it does, and what each of its layers computes.
import { api, later, tried } from "./app.js";
import { histogram, make, options, resultAt, waiting } from "./look_parts.js";
import { shown } from "./look_pictures.js";

/** Layers of a request: the first ones are shown while the others are computed. */
const AT_ONCE = 8;
const find = id => document.getElementById(id);

function none(context, text) {
  const go = make("button", { type: "button", onclick: () => context.show("pictures", true) }, "Choose a picture");
  return make("div", { class: "empty panel" }, make("p", {}, text), context.mayRun ? go : "");
}

export const why = {
  seen: "",
  begin(context) {
    const form = find("why-form");
    options(form.elements.label, context.facts.labels.slice(0, 1000).map((label, index) => [String(index), label]));
    options(form.elements.layer, context.facts.layers.filter(layer => layer.places && layer.type !== "Input").map(layer => [layer.name, `${layer.name} (${layer.type})`]));
    form.addEventListener("change", later(200, () => { why.seen = ""; tried(() => why.again(context)); }));
    form.addEventListener("submit", event => event.preventDefault());
    return why.again(context);
  },
  async again(context) {
    const place = find("why-answer"), picture = shown();
    if (!picture) { place.replaceChildren(none(context, "Show the net a picture first: then you see which of its parts speak for a class.")); return; }
    if (why.seen === picture.source) return;
    why.seen = picture.source;
    const form = find("why-form"), kinds = [...form.querySelectorAll("[name=kinds]:checked")].map(one => one.value);
    place.replaceChildren(waiting("Looking for the reasons …"));
    try {
      const { results, figures, facts } = await api("POST", "/api/look/explain", { net: context.net, source: picture.source, kinds, label: form.elements.label.value, layer: form.elements.layer.value });
      const names = { gradcam: "Grad-CAM", saliency: "Saliency", occlusion: "Occlusion" };
      place.replaceChildren(...figures.map(one => make("figure", { class: "figure" },
        make("h2", {}, names[one.kind]),
        one.file ? make("div", { class: "scroll" }, make("img", { src: resultAt(results, one.file), alt: `${names[one.kind]} of ${picture.name} for class ${facts.class}` })) : "",
        make("figcaption", { class: "muted small" }, one.caption))));
      if (!figures.length) place.replaceChildren(make("p", { class: "panel muted" }, "Choose at least one kind."));
    } catch (error) {
      why.seen = "";
      place.replaceChildren(make("p", { class: "fault panel" }, error.message));
    }
  },
};

export const layers = {
  seen: null,
  begin(context) {
    const filter = () => {
      const word = find("layer-search").value.toLowerCase(), kind = find("layer-kind").value;
      for (const one of find("layers-answer").querySelectorAll("figure")) one.hidden = !(one.dataset.name.includes(word) && (!kind || kind === one.dataset.kind));
    };
    find("layer-search").addEventListener("input", filter);
    find("layer-kind").addEventListener("change", filter);
    layers.filter = filter;
    return layers.again(context);
  },
  async again(context) {
    const picture = context.facts.images ? shown() : null, source = picture?.source ?? "", place = find("layers-answer");
    if (layers.seen === source) return;
    layers.seen = source;
    find("layers-note").textContent = picture ? `activations of ${picture.name}` : context.facts.images ? "show the net a picture to see activations, too" : "";
    if (!context.mayRun) { place.replaceChildren(table(context)); return; }
    const busy = waiting("Computing the layers …"), names = context.facts.layers.map(layer => layer.name);
    place.replaceChildren(busy);
    try {
      for (let first = 0; first < names.length && layers.seen === source; first += AT_ONCE) {
        const { results, figures } = await api("POST", "/api/look/layers", { net: context.net, source, layers: names.slice(first, first + AT_ONCE) });
        if (layers.seen !== source) return;  // another picture has been chosen meanwhile
        busy.before(...figures.map(one => figure(results, one)));
        layers.filter();
      }
      busy.remove();
      if (!place.children.length) place.replaceChildren(table(context));
    } catch (error) {
      layers.seen = null;
      place.replaceChildren(make("p", { class: "muted panel" }, error.message), table(context));
    }
  },
};

function figure(results, one) {
  const { data } = one, kind = data.kind === "filters" ? "weights" : "activations";
  const made = make("figure", { class: "figure", "data-kind": data.kind, "data-name": `${data.layer} ${data.type}`.toLowerCase() },
    make("h2", {}, data.layer, " ", make("span", { class: "muted small" }, `${data.type}, ${kind} of ${data.shape.join(" × ")}`)),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${kind} of ${data.layer}` }, make("img", { src: resultAt(results, one.file), alt: one.caption, loading: "lazy" })),
    histogram(data),
    make("figcaption", { class: "muted small" }, one.caption.split("; ").slice(1).join("; ")));
  return made;
}

function table(context) {
  const rows = context.facts.layers.map(layer => make("tr", {}, make("th", { scope: "row" }, layer.name), make("td", {}, layer.type), make("td", {}, layer.shape.join(" × ")), make("td", { class: "number" }, layer.params ? layer.params.toLocaleString("en") : "")));
  return make("div", { class: "panel scroll" }, make("table", { class: "plain" }, make("thead", {}, make("tr", {}, ...["Layer", "Type", "Shape", "Params"].map(name => make("th", { scope: "col" }, name)))), make("tbody", {}, ...rows)));
}

