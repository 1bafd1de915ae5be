// A tar archive of files, whose content is read only when a part of it is sent.
const BLOCK = 512, encoder = new TextEncoder();

/** The archive as a Blob, from [path, File] pairs; a path has / between folders. */
export function tarOf(files) {
  const parts = [];
  for (const [path, file] of files) {
    const name = encoder.encode(path);
    const plain = name.length <= 100 && name.length === path.length;
    if (!plain) {
      const record = paxRecord(name);
      parts.push(header(encoder.encode("path"), record.length, "x", 0), record, padding(record.length));
    }
    parts.push(header(plain ? name : encoder.encode("file"), file.size, "0", Math.floor(file.lastModified / 1000)), file, padding(file.size));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts);
}

const padding = size => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

/** "LENGTH path=NAME\n", where LENGTH counts itself. */
function paxRecord(name) {
  const rest = name.length + " path=\n".length;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return new Uint8Array([...encoder.encode(`${length} path=`), ...name, 10]);
}

function header(name, size, kind, seconds) {
  const block = new Uint8Array(BLOCK);
  const put = (at, text) => block.set(encoder.encode(text), at);
  const octal = (value, digits) => value.toString(8).padStart(digits, "0");
  block.set(name, 0);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  if (size < 8 ** 11) put(124, `${octal(size, 11)}\0`);
  else for (let at = 135, left = size; at >= 124; at -= 1, left = Math.floor(left / 256)) block[at] = at === 124 ? 0x80 : left % 256;
  put(136, `${octal(Math.max(0, seconds), 11)}\0`);
  put(148, "        ");
  put(156, kind);
  put(257, "ustar\x0000");
  put(148, `${octal(block.reduce((sum, one) => sum + one, 0), 6)}\0 `);
  return block;
}
