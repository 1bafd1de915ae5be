// The picture of a net: zoom, pan, blocks that open, and the layer that is selected.
export class Picture extends EventTarget {
  constructor(host, trail) {
    super();
    this.host = host;
    this.trail = trail;
    this.pictures = [];
    this.layers = [];
    this.path = [0];
    this.views = new Map();
    this.selected = -1;
    this.pointers = new Map();
    host.addEventListener("wheel", event => this.#wheel(event), { passive: false });
    host.addEventListener("pointerdown", event => this.#down(event));
    host.addEventListener("pointermove", event => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) host.addEventListener(name, event => this.#up(event));
    host.addEventListener("keydown", event => this.#key(event));
    new ResizeObserver(() => { if (this.svg && !this.moved) this.home(); }).observe(host);
  }

  /** Show the pictures of a net; the view stays where it is. */
  show(pictures, layers) {
    const kept = this.path.map(index => this.pictures[index]?.name);
    this.pictures = pictures;
    this.layers = layers;
    const path = [0];
    for (const name of kept.slice(1)) {
      const next = pictures.findIndex((one, index) => index && one.name === name);
      if (next < 0) break;
      path.push(next);
    }
    this.#enter(path, Boolean(this.svg));
  }

  #enter(path, keep = false) {
    if (this.svg && !keep) this.views.set(this.path.at(-1), this.view);
    this.path = path;
    const picture = this.pictures[path.at(-1)];
    const parsed = new DOMParser().parseFromString(picture.svg, "image/svg+xml").documentElement;
    this.svg = document.importNode(parsed, true);
    this.width = this.svg.viewBox.baseVal.width;
    this.height = this.svg.viewBox.baseVal.height;
    this.host.replaceChildren(this.svg);
    this.boxes = new Map();
    for (const box of this.svg.querySelectorAll(".box")) for (const index of box.dataset.layers.split(" ")) if (index) this.boxes.set(Number(index), box);
    const view = this.views.get(path.at(-1));
    if (keep && this.moved) this.#place();
    else if (view) { this.view = view; this.#place(); } else this.home();
    this.trail.hidden = path.length < 2;
    this.trail.replaceChildren(...path.map((step, depth) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "small";
      button.textContent = this.pictures[step].name;
      button.disabled = depth === path.length - 1;
      button.addEventListener("click", () => this.#enter(path.slice(0, depth + 1)));
      return button;
    }));
    this.#mark();
  }

  #place() {
    const { x, y, scale } = this.view;
    this.svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }

  /** As much of the net as can be read, from its first layer on. */
  home() {
    const { clientWidth: wide, clientHeight: high } = this.host;
    const whole = Math.min((wide - 24) / this.width, (high - 24) / this.height, 1.25), scale = Math.max(whole, 0.62);
    const centre = (size, room) => Math.max(12, (room - size * scale) / 2);
    let x = centre(this.width, wide);
    const first = this.svg.querySelector(".box:not(.data) rect") ?? this.svg.querySelector(".box rect");
    if (this.width * scale > wide - 24 && first) {  // wider than the place: the first layer in the middle
      const middle = (first.x.baseVal.value + first.width.baseVal.value / 2) * scale;
      x = Math.min(12, Math.max(wide - this.width * scale - 12, wide / 2 - middle));
    }
    this.view = { scale, x, y: centre(this.height, high) };
    this.moved = false;
    this.#place();
  }

  /** The whole net. */
  fit() {
    if (!this.svg) return;
    const { clientWidth: wide, clientHeight: high } = this.host;
    const scale = Math.min((wide - 24) / this.width, (high - 24) / this.height, 1.25);
    this.view = { scale, x: (wide - this.width * scale) / 2, y: (high - this.height * scale) / 2 };
    this.moved = true;
    this.#place();
  }

  zoom(factor, x = this.host.clientWidth / 2, y = this.host.clientHeight / 2) {
    if (!this.svg) return;
    const scale = Math.min(4, Math.max(0.02, this.view.scale * factor)), by = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by };
    this.moved = true;
    this.#place();
  }

  pan(dx, dy) {
    if (!this.svg) return;
    this.view = { ...this.view, x: this.view.x + dx, y: this.view.y + dy };
    this.moved = true;
    this.#place();
  }

  #wheel(event) {
    if (!this.svg) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const box = this.host.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
      return;
    }
    const { y, scale } = this.view, high = this.host.clientHeight, size = this.height * scale;
    const room = event.deltaY > 0 ? y + size > high - 12 : y < 12;  // at an end the page scrolls on
    if (!room && !event.deltaX) return;
    event.preventDefault();
    this.pan(-event.deltaX, -event.deltaY);
  }

  #down(event) {
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.drift = 0;
    this.pressed = event.target.closest?.(".box") ?? null;
  }

  #move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last || !this.svg) return;
    const others = [...this.pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, one]) => one);
    const dx = event.clientX - last.x, dy = event.clientY - last.y;
    if (others.length) {
      const box = this.host.getBoundingClientRect(), other = others[0];
      const before = Math.hypot(last.x - other.x, last.y - other.y), now = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      if (before > 10) this.zoom(now / before, (event.clientX + other.x) / 2 - box.left, (event.clientY + other.y) / 2 - box.top);
    } else {
      this.drift += Math.abs(dx) + Math.abs(dy);
      if (this.drift > 4) { this.host.setPointerCapture(event.pointerId); this.pan(dx, dy); }
    }
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    if (event.type !== "pointerup" || this.drift > 4 || !this.pressed) return;
    const box = this.pressed;
    if (box.dataset.opens) { this.#enter([...this.path, Number(box.dataset.opens)]); return; }
    const own = box.dataset.layers.split(" ").filter(Boolean).map(Number);
    if (!own.length) return;
    const at = own.indexOf(this.selected);
    this.#choose(own[(at + 1) % own.length]);  // further clicks go on to layers that run in place
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in steps && this.layers.length) {
      event.preventDefault();
      const next = this.selected < 0 ? 0 : this.selected + steps[event.key];
      this.#choose(Math.min(this.layers.length - 1, Math.max(0, next)), true);
    } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fit();
    else if (event.key === "Enter") {
      const box = this.boxes?.get(this.selected);
      if (box?.dataset.opens) this.#enter([...this.path, Number(box.dataset.opens)]);
    } else if (event.key === "Escape" && this.path.length > 1) { event.preventDefault(); this.#enter(this.path.slice(0, -1)); }
  }

  #choose(index, reveal = false) {
    this.select(index, reveal);
    this.dispatchEvent(new CustomEvent("chosen", { detail: index }));
  }

  /** Mark a layer, and bring it into sight. */
  select(index, reveal = true) {
    this.selected = index;
    this.#mark();
    const box = this.boxes?.get(index);
    if (!box || !reveal) return;
    const host = this.host.getBoundingClientRect(), own = box.getBoundingClientRect(), margin = 20;
    const outside = own.top < host.top + margin || own.bottom > host.bottom - margin || own.left < host.left + margin || own.right > host.right - margin;
    if (outside) this.pan(host.left + host.width / 2 - (own.left + own.width / 2), host.top + host.height / 2 - (own.top + own.height / 2));
  }

  #mark() {
    for (const box of this.svg?.querySelectorAll(".box.selected") ?? []) box.classList.remove("selected");
    this.boxes?.get(this.selected)?.classList.add("selected");
  }
}
