// A table with pages: headers sort, a click on a row opens it. Python is in dashboard/explore/rows.py.

export function render({model}) {
  const root = document.createElement("div");
  root.className = "rows-root";
  let shown = 0, followed = "";
  const send = (message) => model.send_msg(message);

  function button(text, title, by, disabled) {
    const element = Object.assign(document.createElement("button"), {textContent: text, title, disabled});
    element.onclick = () => send({turn: by});
    return element;
  }

  function draw() {
    const table = Object.assign(document.createElement("table"), {className: "table"});
    const head = table.createTHead().insertRow();
    for (const {name, label, number} of model.columns) {
      const cell = document.createElement("th");
      const arrow = name !== model.sorted_by ? "" : model.descending ? " ↓" : " ↑";
      cell.textContent = label + arrow;
      cell.title = `Sort by ${label}`;
      if (number) cell.className = "number";
      cell.onclick = () => send({sort: name});
      head.append(cell);
    }
    const body = table.createTBody();
    model.cells.forEach((cells, i) => {
      const row = body.insertRow();
      if (model.ids[i] === model.active) row.className = "active";
      row.onclick = () => send({open: model.ids[i]});
      cells.forEach((text, j) => {
        const cell = row.insertCell();
        cell.textContent = text;
        if (model.columns[j].number) cell.className = "number";
      });
    });
    const frame = Object.assign(document.createElement("div"), {className: "rows-frame"});
    frame.append(table);
    const pager = Object.assign(document.createElement("div"), {className: "rows-pager"});
    const first = model.page * model.page_size;
    const last = Math.min(first + model.page_size, model.total);
    const where = document.createElement("span");
    where.textContent = model.total === 0 ? "nothing" : `${(first + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${model.total.toLocaleString("en")}`;
    pager.append(button("‹", "Previous page", -1, first === 0), where, button("›", "Next page", 1, last >= model.total));
    const {scrollLeft, scrollTop} = root.querySelector(".rows-frame") ?? {scrollLeft: 0, scrollTop: 0};
    root.replaceChildren(frame, pager);
    Object.assign(frame, {scrollLeft, scrollTop: shown === model.page ? scrollTop : 0});
    shown = model.page;
    const active = frame.querySelector("tr.active");
    if (active && model.active !== followed) {
      const below = active.offsetTop + active.offsetHeight - frame.clientHeight;
      const above = active.offsetTop - head.offsetHeight;
      frame.scrollTop = Math.min(Math.max(frame.scrollTop, below), above);
    }
    followed = model.active;
  }

  model.on(["cells", "total", "active"], draw);
  draw();
  return root;
}
