// Files dropped or chosen in the browser, sent piece by piece; each piece waits until the one before it is written.
// Python is in dashboard/widgets/upload.py.

const PIECE = 512 * 1024;

function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

export function render({model}) {
  const zone = document.createElement("label");
  const input = Object.assign(document.createElement("input"), {type: "file", multiple: true});
  const words = document.createElement("span"), bar = document.createElement("i");
  zone.className = "drop-zone";
  zone.append(input, words, Object.assign(document.createElement("div"), {className: "bar wide"}));
  zone.lastChild.append(bar);
  let written = null, run = 0;

  function say(text, share) {
    words.textContent = text;
    zone.lastChild.hidden = share === null;
    bar.style.width = `${100 * (share ?? 0)}%`;
  }

  async function send(files) {
    const mine = ++run;
    const answer = () => new Promise((resolve) => { written = resolve; });
    const total = files.reduce((sum, file) => sum + file.size, 0);
    let sent = 0, reply = answer();
    model.send_msg({start: files.map((file) => ({name: file.name, size: file.size}))});
    if (!(await reply)) return say(model.invitation, null);
    for (const [number, file] of files.entries()) {
      for (let at = 0; at < file.size; at += PIECE) {
        const data = base64(await file.slice(at, at + PIECE).arrayBuffer());
        if (mine !== run) return;
        reply = answer();
        model.send_msg({file: number, data});
        if (!(await reply)) return say(model.invitation, null);
        sent = Math.min(total, sent + PIECE);
        say(`${files.length} files, ${(sent / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`, sent / total);
      }
    }
    model.send_msg({done: true});
    say(`${files.length} ${files.length === 1 ? "file" : "files"}, ${(total / 1e6).toFixed(1)} MB, uploaded`, null);
  }

  model.on("msg:custom", (message) => {
    if ("ok" in message) written?.(message.ok);
    if (message.clear) { run++; input.value = ""; say(model.invitation, null); }
  });
  input.onchange = () => send([...input.files]);
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("over"); };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = (event) => { event.preventDefault(); zone.classList.remove("over"); send([...event.dataTransfer.files]); };
  say(model.invitation, null);
  return zone;
}
