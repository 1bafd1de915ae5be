// The file of the editor: saved, saved elsewhere, in conflict with what is on disk; and the draft of what is not saved.
import { api, base, later, onChange, say, tried } from "../app.js";

const part = id => document.getElementById(id);

export class Files extends EventTarget {
  constructor(area) {
    super();
    this.area = area;
    const { path, version, config } = part("workbench").dataset;
    this.path = path;
    this.version = version;
    this.kept = version ? area.text : null;  // what is on disk
    this.config = config;
    this.keep = later(250, () => this.#keep());
    if (!config && part("save")) {
      this.#restore();
      part("save").addEventListener("click", () => this.save());
      part("save-as").addEventListener("click", () => this.saveAs());
      addEventListener("pagehide", () => this.#keep());
    }
    this.show();
  }

  get dirty() { return this.area.text !== this.kept && !this.config; }
  get #name() { return `draft:${base}:${this.path || "new"}`; }

  edited() { this.show(); this.keep(); }

  show() {
    if (this.config) { part("saved").textContent = "comes with Layerzoo"; return; }
    part("saved").textContent = this.dirty ? (this.kept === null ? "Not saved yet" : "Not saved") : "Saved";
    part("saved").className = this.dirty ? "warn" : "good";
    if (part("save")) part("save").classList.toggle("primary", this.dirty);
    part("train")?.classList.toggle("primary", !this.dirty);
    document.title = document.title.replace(/^• /, "");
    if (this.dirty && this.kept !== null) document.title = `• ${document.title}`;
  }

  /** Keep the draft for the case that the page is left. */
  #keep() {
    try {
      if (this.dirty) localStorage.setItem(this.#name, JSON.stringify({ text: this.area.text, version: this.version }));
      else localStorage.removeItem(this.#name);
    } catch { /* the browser's store is full or closed: there is no draft then */ }
  }

  #restore() {
    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(this.#name)); } catch { /* no draft */ }
    if (!draft?.text || draft.text === this.area.text) return;
    const stored = this.area.text;
    this.area.rewrite(draft.text);
    if (draft.version !== this.version) this.version = draft.version;  // saving shows what has changed meanwhile
    const changed = draft.version !== part("workbench").dataset.version;
    say(changed ? "Your draft is back. The file has changed since." : "Your draft is back.", { undo: () => {
      this.version = part("workbench").dataset.version;
      this.area.rewrite(stored);
    } });
  }

  /** Whether the text is on disk; it is saved if it isn't. */
  async ready() { return !this.dirty || this.save(); }

  async save(version = this.version) {
    if (!this.path) return this.saveAs();
    if (!this.dirty && version === this.version) { say("Nothing to save: the file has this text."); return true; }
    return Boolean(await tried(() => this.#write(this.path, version)));
  }

  async #write(path, version) {
    const text = this.area.text, before = this.kept;
    let saved;
    try { saved = await api("PUT", "/api/nets/text", { path, text, version }); } catch (error) {
      if (error.status !== 409) throw error;
      return this.#conflict(path, error);
    }
    const old = this.#name, overwritten = before !== null && version;
    this.path = saved.path;
    this.version = saved.version;
    this.kept = text;
    if (old !== this.#name) localStorage.removeItem(old);
    this.#keep();
    this.show();
    say(`${saved.path} saved.`, { undo: overwritten ? async () => {
      const { version: back } = await api("PUT", "/api/nets/text", { path: saved.path, text: before, version: saved.version });
      this.version = back;
      this.kept = before;
      this.edited();
    } : null });
    return true;
  }

  async #conflict(path, { message, value }) {
    const dialog = part("conflict");
    part("conflict-said").textContent = `${message}. What differs, from the file (−) to your text (+):`;
    part("conflict-diff").replaceChildren(...value.diff.map(line => {
      const row = document.createElement("span");
      row.className = line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : line.startsWith("@@") ? "at" : "";
      row.textContent = `${line}\n`;
      return row;
    }));
    if (!value.diff.length) part("conflict-diff").textContent = "Nothing: both are equal.";
    const choice = await asked(dialog);
    if (choice === "mine") { this.kept = this.kept === null ? null : value.text; return this.#write(path, value.version); }
    if (choice === "as") return this.saveAs();
    if (choice === "theirs") {
      this.version = value.version;
      this.kept = value.text;
      this.area.rewrite(value.text);
      this.edited();
    }
    return false;
  }

  async saveAs() {
    const field = part("new-path");
    field.value = this.path ? this.path.replace(/(\.[a-z]+)$/, "_2$1") : `net.${part("workbench").dataset.format}`;
    for (;;) {
      const choice = asked(part("name-dialog"));
      field.select();
      if (await choice !== "save") return false;
      try {
        const old = this.path;
        if (!await this.#write(field.value, "")) return false;
        part("name-fault").hidden = true;
        if (old !== this.path) this.#moved();
        return true;
      } catch (error) {
        part("name-fault").textContent = error.message;
        part("name-fault").hidden = false;
      }
    }
  }

  /** The page is that of another file now. */
  #moved() {
    history.replaceState(null, "", `${base}/nets/edit?path=${encodeURIComponent(this.path)}`);
    const name = this.path.split("/").at(-1);
    part("name").textContent = name;
    part("where").textContent = this.path === name ? "" : this.path;
    const command = part("command");
    if (command) command.textContent = command.textContent.replace(/(check -\w+ ).*/, (_, head) => head + this.path);
    document.title = `${name} · Layerzoo Studio`;
    part("workbench").dataset.path = this.path;
    this.dispatchEvent(new Event("moved"));
  }

  /** Copy a shipped config, and go to the copy. */
  async copy(config) {
    const folder = config.split("/").slice(1, -1).join("/") || ".";
    const name = config.split("/").at(-1);
    await tried(async () => {
      const job = await api("POST", "/api/nets/copy", { name: config, folder });
      say(`Copying ${name} …`);
      await done(job);
      location.href = `${base}/nets/edit?path=${encodeURIComponent(folder === "." ? name : `${folder}/${name}`)}`;
    });
  }
}

/** Show a dialog, and the value that it was closed with. */
function asked(dialog) {
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise(resolve => { dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }); });
}

/** Wait for the end of a job. An Error with the end of its output if it fails. */
export function done(job) {
  return new Promise((resolve, reject) => {
    let open = true;
    const look = async () => {
      if (!open) return;
      const now = await api("GET", `/api/jobs/${job.id}`);
      if (!["done", "failed", "stopped", "lost"].includes(now.state) || !open) return;
      open = false;
      clearInterval(timer);
      if (now.state === "done") { resolve(now); return; }
      const { text } = await api("GET", `/api/jobs/${job.id}/output`);
      reject(new Error(text.trim() || `The job has ${now.state}.`));
    };
    const timer = setInterval(() => look().catch(reject), 1000);
    onChange(() => look().catch(reject));
    look().catch(reject);
  });
}
