// A table that sorts by a click on a heading, ticks rows, and opens one. Python is in dashboard/widgets/tick_table.py.

export function render({model}) {
  const table = document.createElement("table");
  table.className = "table tick-table";
  let by = -1, falling = false;

  function compare(a, b) {
    const [x, y] = [a.sort[by], b.sort[by]];
    if (x === null || y === null) return (x === null) - (y === null);  // what is unknown stays at the end
    const order = typeof x === "number" ? x - y : String(x).localeCompare(String(y), undefined, {numeric: true});
    return falling ? -order : order;
  }

  function tick(id, on) {
    model.ticked = on ? [...model.ticked, id] : model.ticked.filter((other) => other !== id);
  }

  function box(checked, label, change) {
    const input = Object.assign(document.createElement("input"), {type: "checkbox", checked});
    input.setAttribute("aria-label", label);
    input.onchange = () => change(input.checked);
    return input;
  }

  function heading() {
    const row = document.createElement("tr");
    const ids = model.rows.map((each) => each.id);
    const all = document.createElement("th");
    all.append(box(ids.length > 0 && ids.every((id) => model.ticked.includes(id)), "tick all", (on) => { model.ticked = on ? ids : []; }));
    row.append(all);
    model.columns.forEach((column, i) => {
      const cell = document.createElement("th");
      const button = Object.assign(document.createElement("button"), {textContent: column.title, title: column.help});
      cell.className = column.number ? "number" : "";
      if (i === by) cell.setAttribute("aria-sort", falling ? "descending" : "ascending");
      button.onclick = () => { falling = i === by && !falling; by = i; draw(); };
      cell.append(button);
      row.append(cell);
    });
    return row;
  }

  function line(each) {
    const row = document.createElement("tr");
    const on = model.ticked.includes(each.id);
    row.className = on ? "ticked" : "";
    const first = document.createElement("td");
    first.append(box(on, `tick ${each.id}`, (now) => tick(each.id, now)));
    row.append(first);
    each.text.forEach((text, i) => {
      const cell = document.createElement("td");
      cell.className = model.columns[i].number ? "number" : "";
      if (i === 0) {
        const open = Object.assign(document.createElement("button"), {className: "open", textContent: text, title: model.opens});
        open.onclick = () => model.send_msg({open: each.id});
        cell.append(open);
      } else cell.textContent = text;
      row.append(cell);
    });
    return row;
  }

  function draw() {
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(heading());
    body.append(...(by < 0 ? model.rows : [...model.rows].sort(compare)).map(line));
    table.replaceChildren(head, body);
  }

  model.on(["rows", "ticked", "columns"], draw);
  draw();
  return table;
}
