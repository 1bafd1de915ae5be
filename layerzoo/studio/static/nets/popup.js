// What may be typed, and what stands under the pointer: a list at the caret, and a note at a word.
import { api, later } from "../app.js";

const MOST = 60;

export class Completion {
  constructor(area, where) {
    this.area = area;
    this.where = where;
    this.list = document.createElement("ul");
    this.list.id = "candidates";
    this.list.className = "candidates";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Completions");
    this.list.hidden = true;
    document.body.append(this.list);
    this.asked = 0;
    this.items = [];
    const field = area.area;
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("keydown", event => this.#key(event), true);
    field.addEventListener("blur", () => this.close());
    field.addEventListener("input", event => this.#typed(event));
    area.addEventListener("moved", () => this.close());
    area.addEventListener("caret", () => { if (!this.list.hidden && (area.caret < this.start || area.caret > this.caretMost)) this.close(); });
    this.list.addEventListener("mousedown", event => {
      event.preventDefault();
      const row = event.target.closest("li");
      if (row) this.take(Number(row.dataset.index));
    });
    this.later = later(120, caret => { if (caret === area.caret) this.ask(); });
  }

  #typed(event) {
    if (event.inputType === "insertText" && /[\w:"{.$\s-]/.test(event.data ?? "") && (event.data ?? "").length === 1) {
      const line = this.area.lines[this.area.place(this.area.caret).line];
      if (!line.trim() || /^\s*#/.test(line)) { this.close(); return; }
      if (/\s/.test(event.data) && !/[:[,]\s$/.test(line.slice(0, this.area.place(this.area.caret).column))) { this.close(); return; }
      this.later(this.area.caret);
    } else if (!this.list.hidden && event.inputType?.startsWith("delete")) this.later(this.area.caret);
    else this.close();
  }

  async ask(forced = false) {
    const asked = ++this.asked, offset = this.area.caret, text = this.area.text;
    let answer;
    try { answer = await api("POST", "/api/nets/complete", { text, offset, ...this.where() }); } catch { return; }
    if (asked !== this.asked || offset !== this.area.caret || text !== this.area.text || document.activeElement !== this.area.area) return;
    const word = text.slice(answer.start, offset);
    const done = answer.items.length === 1 && answer.items[0].text.trim() === text.slice(answer.start, answer.end);
    if (!answer.items.length || done || (!forced && !word && answer.items.length > 200)) { this.close(); return; }
    this.start = answer.start;
    this.end = answer.end;
    this.caretMost = Math.max(answer.end, offset);
    this.items = answer.items.slice(0, MOST);
    this.#show();
  }

  #show() {
    this.list.replaceChildren(...this.items.map((item, index) => {
      const row = document.createElement("li");
      row.setAttribute("role", "option");
      row.id = `candidate-${index}`;
      row.dataset.index = index;
      const name = document.createElement("b"), detail = document.createElement("span"), doc = document.createElement("small");
      name.textContent = item.label;
      detail.textContent = item.detail;
      doc.textContent = (item.doc ?? "").split("\n\n")[0];
      row.append(name, detail, doc);
      return row;
    }));
    this.list.hidden = false;
    const { left, top, bottom } = this.area.point(this.start);
    const { width, height } = this.list.getBoundingClientRect();
    this.list.style.left = `${Math.max(8, Math.min(left - 8, innerWidth - width - 8))}px`;
    this.list.style.top = `${bottom + height > innerHeight && top > height ? top - height - 4 : bottom + 4}px`;
    this.#pick(0);
  }

  #pick(index) {
    this.at = (index + this.items.length) % this.items.length;
    for (const row of this.list.children) row.setAttribute("aria-selected", String(Number(row.dataset.index) === this.at));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
    this.area.area.setAttribute("aria-activedescendant", `candidate-${this.at}`);
    this.area.area.setAttribute("aria-controls", "candidates");
  }

  take(index) {
    const { text } = this.items[index], end = Math.max(this.end, this.area.caret);
    this.close();
    const opens = text.endsWith("{") && !this.area.isYaml;
    this.area.replace(this.start, end, opens ? `${text}  }` : text, this.start + text.length + (opens ? 1 : 0));
    if (text.endsWith(": ")) this.later(this.area.caret);
  }

  close() {
    this.asked++;
    this.list.hidden = true;
    this.area.area.removeAttribute("aria-activedescendant");
    this.area.area.removeAttribute("aria-controls");
  }

  #key(event) {
    if (event.key === " " && event.ctrlKey) { event.preventDefault(); this.ask(true); return; }
    if (this.list.hidden) return;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in moves) { event.preventDefault(); this.#pick(this.at + moves[event.key]); }
    else if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); this.take(this.at); }
    else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.close(); }
  }
}

export class Hint {
  constructor(area, where) {
    this.area = area;
    this.where = where;
    this.box = document.createElement("div");
    this.box.id = "hint";
    this.box.className = "hint";
    this.box.setAttribute("role", "tooltip");
    this.box.hidden = true;
    document.body.append(this.box);
    this.asked = 0;
    const over = later(450, (x, y) => { const offset = area.under(x, y); if (offset !== null) this.show(offset); });
    area.area.addEventListener("mousemove", event => { if (!event.buttons) { if (!this.box.hidden) this.#leave(event); over(event.clientX, event.clientY); } });
    area.area.addEventListener("mouseleave", () => { over(-1, -1); this.close(); });
    for (const name of ["edited", "moved"]) area.addEventListener(name, () => this.close());
    area.addEventListener("caret", () => { if (area.caret !== this.wanted) this.close(); });
    area.area.addEventListener("keydown", event => {
      if (event.key === "F1") { event.preventDefault(); this.show(area.caret); }
      else if (event.key === "Escape") this.close();
    });
  }

  #leave(event) {
    const offset = this.area.under(event.clientX, event.clientY);
    if (offset === null || offset < this.start || offset >= this.end) this.close();
  }

  /** Show the faults and the explanation of what stands at an offset. */
  async show(offset) {
    const asked = ++this.asked, text = this.area.text;
    this.wanted = this.area.caret;
    const faults = this.area.faults.filter(one => one.start <= offset && offset < Math.max(one.end, one.start + 1));
    let found = { start: offset, end: offset + 1, text: "" };
    try { const answer = await api("POST", "/api/nets/hover", { text, offset, ...this.where() }); if (answer.text) found = answer; } catch { /* no note */ }
    if (asked !== this.asked || text !== this.area.text) return;
    const said = [...faults.map(one => [one.message, one.fix].filter(Boolean).join("\n")), found.text].filter(Boolean).join("\n\n");
    if (!said) { this.close(); return; }
    this.start = faults[0]?.start ?? found.start;
    this.end = Math.max(faults[0]?.end ?? 0, found.end);
    this.box.textContent = said;
    this.box.hidden = false;
    const { left, top, bottom } = this.area.point(this.start), size = this.box.getBoundingClientRect();
    this.box.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`;
    this.box.style.top = `${bottom + size.height + 8 > innerHeight && top > size.height ? top - size.height - 6 : bottom + 6}px`;
    this.area.area.setAttribute("aria-details", "hint");
  }

  close() {
    this.asked++;
    this.box.hidden = true;
    this.area.area.removeAttribute("aria-details");
  }
}
