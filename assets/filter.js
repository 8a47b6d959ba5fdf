// A line for a filter, with completion of column names. Python is in dashboard/pages/explore/filter_line.py.

const MOST = 8;

export function render({model}) {
  const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
  const root = make("div", {className: "filter-root"});
  const input = make("input", {type: "text", className: "filter-input", spellcheck: false, autocomplete: "off",
    placeholder: 'filter: class == "quiescent" and sn > 10, a list of ids or of ra dec, @selection'});
  input.setAttribute("aria-label", "filter");
  input.setAttribute("role", "combobox");
  const list = make("ul", {className: "filter-list", hidden: true});
  list.setAttribute("role", "listbox");
  const clear = make("button", {className: "filter-clear", textContent: "×", title: "Clear the filter"});
  const undo = make("button", {className: "filter-clear", textContent: "↶", title: "Undo the last change of the selection (U)",
    onclick: () => model.send_msg({undo: true})});
  undo.setAttribute("aria-label", "undo the selection");
  const note = make("span", {className: "filter-note"});
  root.append(input, clear, note, undo, list);
  let at = -1, edited = false;  // what is being typed is not replaced by an answer to what was entered before

  const word = () => input.value.slice(0, input.selectionStart).match(/[@\w.]*$/)[0];

  function suggest() {
    const typed = word().toLowerCase();
    const fits = (name) => name.toLowerCase() !== typed && name.toLowerCase().includes(typed);
    const begins = (name) => Number(name.toLowerCase().startsWith(typed));
    const found = typed ? model.words.filter(fits).sort((a, b) => begins(b) - begins(a)).slice(0, MOST) : [];
    list.replaceChildren(...found.map((name) => {
      const item = make("li", {textContent: name, onmousedown: (event) => { event.preventDefault(); take(name); }});
      item.setAttribute("role", "option");
      return item;
    }));
    list.hidden = !found.length;
    choose(-1);
  }

  function choose(i) {
    const items = [...list.children];
    at = i < 0 ? -1 : Math.min(i, items.length - 1);
    items.forEach((item, j) => item.setAttribute("aria-selected", j === at));
  }

  function take(name) {
    const end = input.selectionStart, start = end - word().length;
    const text = /^[@\w.]+\(?$|^@/.test(name) ? name : `\`${name}\``;
    input.setRangeText(text, start, end, "end");
    list.hidden = true;
    edited = true;
    input.focus();
  }

  function submit() {
    list.hidden = true;
    edited = input.value.trim() !== model.value;
    model.send_msg({where: input.value});
  }

  input.oninput = () => { edited = true; suggest(); };
  input.onpaste = (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[\r\n\t]/.test(text.trim())) return;
    event.preventDefault();  // a field of one line would join the ids of two lines into one
    input.setRangeText(text.trim().replace(/[\r\n\t]+/g, " "), input.selectionStart, input.selectionEnd, "end");
    edited = true;
  };
  input.onblur = () => { list.hidden = true; };
  input.onkeydown = (event) => {
    const open = !list.hidden, moves = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (open && moves) choose(at + moves);
    else if (open && event.key === "Tab") take(list.children[Math.max(at, 0)].textContent);
    else if (event.key === "Enter") open && at >= 0 ? take(list.children[at].textContent) : submit();
    else if (event.key === "Escape") { if (open) { list.hidden = true; event.stopPropagation(); } else input.blur(); return; }
    else return;
    event.preventDefault();
  };
  clear.onclick = () => { input.value = ""; submit(); };

  function show() {
    if (input.value.trim() === model.value) edited = false;
    if (!edited) input.value = model.value;
    note.textContent = model.error || model.note;
    note.className = model.error ? "filter-note bad" : "filter-note";
    note.title = note.textContent;
    clear.hidden = !input.value;
  }

  for (const name of ["value", "error", "note"]) model.on(name, show);
  show();
  return root;
}
