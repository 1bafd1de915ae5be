// The words of a line of prototxt or YAML, each with its class.
const WORDS = /(#.*$)|("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(\$\{[^}]*\}?)|([A-Za-z_][\w.-]*)(?=\s*(?::|\{))|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(true|false|null|[A-Z][A-Z0-9_]+)(?![\w./-])|([A-Za-z_][^\s,:{}[\]"']*)|([{}[\]:,]|- )|\s+|./g;
const CLASSES = ["comment", "string", "expression", "key", "number", "constant", "word", "mark"];

/** The parts of a line: {start, end, kind}; spaces have none. */
export function parts(line) {
  const found = [];
  let key = "";
  for (const match of line.matchAll(WORDS)) {
    const at = CLASSES.findIndex((_, index) => match[index + 1] !== undefined);
    if (at < 0) continue;
    let kind = CLASSES[at];
    if (kind === "comment" && match.index > 0 && !/[\s{}[\],]/.test(line[match.index - 1])) kind = "word";
    if (kind === "key") key = match[0];
    else if ((kind === "string" || kind === "word") && key === "type") kind = "type";
    if (kind !== "word") found.push({ start: match.index, end: match.index + match[0].length, kind });
  }
  return found;
}

/** The line as spans, cut where marks (faults) begin and end. */
export function spans(line, marks = []) {
  const pieces = document.createDocumentFragment();
  const cuts = new Set([0, line.length]);
  const words = parts(line);
  for (const one of [...words, ...marks]) for (const at of [one.start, one.end]) if (at > 0 && at < line.length) cuts.add(at);
  const order = [...cuts].sort((a, b) => a - b);
  for (let index = 0; index + 1 < order.length; index++) {
    const [start, end] = [order[index], order[index + 1]];
    const names = [...words, ...marks].filter(one => one.start <= start && end <= one.end).map(one => one.kind);
    const text = line.slice(start, end);
    if (!names.length) { pieces.append(text); continue; }
    const span = document.createElement("span");
    span.className = names.map(name => `t-${name}`).join(" ");
    span.textContent = text;
    pieces.append(span);
  }
  if (marks.some(one => one.start >= line.length)) {  // a fault at the end of the line
    const span = document.createElement("span");
    span.className = `t-${marks.find(one => one.start >= line.length).kind}`;
    span.textContent = " ";
    pieces.append(span);
  }
  return pieces;
}
