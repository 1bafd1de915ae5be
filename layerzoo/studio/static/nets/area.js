// A text area with line numbers, colours and marks: only the lines in sight are drawn, so that long texts stay quick.
import { spans } from "./colours.js";

const TAB = 2;

export class Area extends EventTarget {
  constructor(host, isYaml) {
    super();
    this.host = host;
    this.isYaml = isYaml;
    this.area = host.querySelector("textarea");
    this.overlay = host.querySelector(".overlay pre");
    this.gutter = host.querySelector(".gutter div");
    this.faults = [];
    this.band = null;
    this.free = false;
    this.lineHeight = parseFloat(getComputedStyle(this.area).lineHeight);
    this.padding = parseFloat(getComputedStyle(this.area).paddingTop);
    this.ruler = document.createElement("span");
    this.ruler.className = "ruler";
    host.querySelector(".overlay").append(this.ruler);
    this.#split();
    this.area.addEventListener("input", () => { this.#split(); this.draw(); this.dispatchEvent(new Event("edited")); });
    this.area.addEventListener("scroll", () => { this.draw(); this.dispatchEvent(new Event("moved")); }, { passive: true });
    this.area.addEventListener("keydown", event => this.#key(event));
    document.addEventListener("selectionchange", () => { if (document.activeElement === this.area) this.dispatchEvent(new Event("caret")); });
    new ResizeObserver(() => this.draw()).observe(host);
  }

  get text() { return this.area.value; }
  get caret() { return this.area.selectionDirection === "backward" ? this.area.selectionStart : this.area.selectionEnd; }

  /** The line (from 0) and column of an offset. */
  place(offset) {
    let low = 0, high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= offset) low = middle; else high = middle - 1;
    }
    return { line: low, column: offset - this.starts[low] };
  }

  #split() {
    this.lines = this.text.split("\n");
    this.starts = [0];
    for (const line of this.lines) this.starts.push(this.starts.at(-1) + line.length + 1);
    this.starts.pop();
    const digits = String(this.lines.length).length;
    if (digits !== this.digits) { this.digits = digits; this.gutter.parentElement.style.width = `${digits + 2.5}ch`; }
  }

  /** Draw the lines in sight. */
  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = 0; this.#draw(); });
  }

  #draw() {
    const { scrollTop, scrollLeft, clientHeight } = this.area;
    const first = Math.max(0, Math.floor((scrollTop - this.padding) / this.lineHeight));
    const last = Math.min(this.lines.length, first + Math.ceil(clientHeight / this.lineHeight) + 2);
    const drawn = document.createDocumentFragment(), numbers = document.createDocumentFragment();
    const here = document.activeElement === this.area ? this.place(this.caret).line : -1;
    for (let index = first; index < last; index++) {
      const marks = this.#marks(index);
      const row = document.createElement("div");
      if (this.band && index >= this.band[0] && index <= this.band[1]) row.className = "band";
      row.append(spans(this.lines[index], marks));
      if (!row.childNodes.length) row.append("\u200b");
      drawn.append(row);
      const number = document.createElement("div");
      number.textContent = index + 1;
      if (marks.length) number.className = marks.some(one => one.kind === "fault") ? "faulty" : "doubtful";
      else if (index === here) number.className = "here";
      numbers.append(number);
    }
    this.overlay.replaceChildren(drawn);
    this.gutter.replaceChildren(numbers);
    const top = this.padding + first * this.lineHeight - scrollTop;
    this.overlay.style.transform = `translate(${-scrollLeft}px, ${top}px)`;
    this.gutter.style.transform = `translateY(${top}px)`;
  }

  #marks(line) {
    const start = this.starts[line], end = start + this.lines[line].length;
    return this.faults.filter(one => one.start <= end && Math.max(one.end, one.start + 1) > start).map(one => ({
      start: Math.max(0, one.start - start),
      end: Math.min(end - start, Math.max(one.end, one.start + 1) - start),
      kind: one.warning ? "warning" : "fault",
    }));
  }

  /** Mark faults: {start, end, warning}. */
  mark(faults) { this.faults = faults; this.draw(); }

  /** Tint the lines of a part of the text; null for none. */
  tint(start, end) {
    this.band = start === null ? null : [this.place(start).line, this.place(end).line];
    this.draw();
  }

  /** Select a part of the text and bring it into sight. */
  select(start, end, focus = true) {
    if (focus) this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start, end);
    this.reveal(start);
  }

  reveal(offset) {
    const y = this.place(offset).line * this.lineHeight, view = this.area.clientHeight;
    if (y < this.area.scrollTop || y > this.area.scrollTop + view - 3 * this.lineHeight) this.area.scrollTop = Math.max(0, y - view / 3);
    this.draw();
  }

  /** Put a text in the place of a part, so that it can be undone. */
  replace(start, end, text, caret = null) {
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start, end);
    const done = text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete");
    if (!done) { this.area.setRangeText(text, start, end, "end"); this.area.dispatchEvent(new Event("input")); }
    if (caret !== null) this.area.setSelectionRange(caret, caret);
  }

  /** Replace the whole text: only the part that differs, which keeps the place and is quick. */
  rewrite(text) {
    const old = this.text;
    let head = 0, tail = 0;
    while (head < old.length && head < text.length && old[head] === text[head]) head++;
    while (tail < old.length - head && tail < text.length - head && old.at(-1 - tail) === text.at(-1 - tail)) tail++;
    if (head < old.length || head < text.length) this.replace(head, old.length - tail, text.slice(head, text.length - tail));
  }

  /** Where an offset is on the page: left, top and bottom in pixels of the window. */
  point(offset) {
    const { line, column } = this.place(offset), box = this.area.getBoundingClientRect();
    this.ruler.textContent = this.lines[line].slice(0, column);
    const left = box.left + this.padding + this.ruler.getBoundingClientRect().width - this.area.scrollLeft;
    const top = box.top + this.padding + line * this.lineHeight - this.area.scrollTop;
    return { left, top, bottom: top + this.lineHeight };
  }

  /** The offset under a point of the window; null where there is no text. */
  under(x, y) {
    const box = this.area.getBoundingClientRect();
    const line = Math.floor((y - box.top - this.padding + this.area.scrollTop) / this.lineHeight);
    if (line < 0 || line >= this.lines.length) return null;
    const text = this.lines[line], wanted = x - box.left - this.padding + this.area.scrollLeft;
    let low = 0, high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      this.ruler.textContent = text.slice(0, middle);
      if (this.ruler.getBoundingClientRect().width <= wanted) low = middle; else high = middle - 1;
    }
    return low < text.length ? this.starts[line] + low : null;
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const only = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "Escape") { this.free = true; return; }  // the next Tab leaves the text
    const free = this.free;
    if (event.key !== "Shift") this.free = false;
    if (this.area.readOnly) return;
    if (event.key === "Tab" && only && !free) { event.preventDefault(); this.#indent(event.shiftKey); }
    else if (event.key === "Enter" && only && !event.shiftKey) { event.preventDefault(); this.#newLine(); }
    else if (event.key === "}" && only) { if (this.#dedent()) event.preventDefault(); }
    else if (event.key === "/" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.#comment(); }
  }

  #indent(back) {
    const { selectionStart: from, selectionEnd: to } = this.area;
    const first = this.place(from).line, last = this.place(Math.max(from, to - 1)).line;
    if (!back && first === last && !(to > from && this.text.slice(from, to).includes("\n"))) {
      const { column } = this.place(from);
      this.replace(from, to, " ".repeat(TAB - column % TAB));
      return;
    }
    this.#rewriteLines(first, last, line => (back ? line.replace(/^(\t| {1,2})/, "") : line && " ".repeat(TAB) + line));
  }

  #comment() {
    const { selectionStart: from, selectionEnd: to } = this.area;
    const first = this.place(from).line, last = this.place(Math.max(from, to - 1)).line;
    const all = this.lines.slice(first, last + 1).every(line => !line.trim() || /^\s*#/.test(line));
    this.#rewriteLines(first, last, line => (all ? line.replace(/^(\s*)# ?/, "$1") : line.trim() ? line.replace(/^(\s*)/, "$1# ") : line));
  }

  #rewriteLines(first, last, change) {
    const start = this.starts[first], end = this.starts[last] + this.lines[last].length;
    const text = this.lines.slice(first, last + 1).map(change).join("\n");
    this.replace(start, end, text);
    this.area.setSelectionRange(start, start + text.length);
  }

  #newLine() {
    const { selectionStart: from, selectionEnd: to } = this.area;
    const { line, column } = this.place(from);
    const before = this.lines[line].slice(0, column);
    let indent = before.match(/^\s*/)[0];
    if (this.isYaml && /^\s*- /.test(before)) indent += "  ";
    if (/\{\s*$/.test(before) && !this.isYaml) indent += " ".repeat(TAB);
    else if (this.isYaml && /:\s*$/.test(before) && !/:\s*$/.test(before.replace(/:\s*$/, ""))) indent += " ".repeat(TAB);
    const closes = !this.isYaml && /\{\s*$/.test(before) && this.text[to] === "}";
    this.replace(from, to, `\n${indent}${closes ? `\n${indent.slice(TAB)}` : ""}`, from + 1 + indent.length);
  }

  #dedent() {
    const { selectionStart: from, selectionEnd: to } = this.area;
    const { line, column } = this.place(from);
    const before = this.lines[line].slice(0, column);
    if (this.isYaml || from !== to || before.trim() || before.length < TAB) return false;
    this.replace(from - TAB, from, "}");
    return true;
  }
}
