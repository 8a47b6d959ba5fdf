// A table with pages: headings sort, a click opens a row, boxes tick rows. Python is in dashboard/widgets/table.py.

export function render({model}) {
  const root = document.createElement("div");
  root.className = "table-root";
  let turned = 0, followed = "";
  const send = (message) => model.send_msg(message);
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  function box(checked, label, change) {
    const input = make("input", {type: "checkbox", checked});
    input.setAttribute("aria-label", label);
    input.onchange = () => change(input.checked);
    input.onclick = (event) => event.stopPropagation();
    return input;
  }

  function heading() {
    const row = make("tr");
    if (model.ticks) {
      const all = model.total > 0 && model.ticked.length === model.total;
      row.append(make("th", {className: "box"}, box(all, "tick all", (on) => send({all: on}))));
    }
    for (const {key, title, help, number} of model.shown.heads) {
      const cell = make("th", {className: number ? "number" : ""}, make("button", {textContent: title, title: help, onclick: () => send({sort: key})}));
      cell.dataset.key = key;
      if (key === model.sorted_by) cell.setAttribute("aria-sort", model.descending ? "descending" : "ascending");
      row.append(cell);
    }
    return make("thead", {}, row);
  }

  function line(texts, i) {
    const id = model.shown.ids[i], on = model.ticked.includes(id);
    const row = make("tr", {className: id === model.active ? "active" : on ? "ticked" : ""});
    const open = () => send({open: id});
    const tick = (now) => { model.ticked = now ? [...model.ticked, id] : model.ticked.filter((other) => other !== id); };
    if (model.ticks) row.append(make("td", {className: "box"}, box(on, `tick ${id}`, tick)));
    else Object.assign(row, {onclick: open, title: model.opens});
    texts.forEach((text, j) => {
      const link = model.ticks && j === 0;
      const content = link ? make("button", {className: "open", textContent: text, title: model.opens, onclick: open}) : text;
      const {key, number} = model.shown.heads[j];
      const cell = make("td", {className: number ? "number" : "", title: text}, content);
      cell.dataset.key = key;  // for widths of its own
      row.append(cell);
    });
    return row;
  }

  function pager() {
    const first = model.page * model.page_size, last = Math.min(first + model.page_size, model.total);
    const turn = (text, title, by, disabled) => make("button", {textContent: text, title, disabled, onclick: () => send({turn: by})});
    const range = `${(first + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${model.total.toLocaleString("en")}`;
    return make("div", {className: "table-pager"}, turn("‹", "Previous page", -1, first === 0), make("span", {textContent: range}),
      turn("›", "Next page", 1, last >= model.total));
  }

  function draw() {
    const table = make("table", {className: model.ticks ? "table ticks" : "table rows"}, heading(), make("tbody", {}, ...model.shown.cells.map(line)));
    const frame = make("div", {className: "table-frame"}, table);
    const {scrollLeft, scrollTop} = root.querySelector(".table-frame") ?? {scrollLeft: 0, scrollTop: 0};
    root.replaceChildren(frame, ...(model.total > model.page_size ? [pager()] : []));
    Object.assign(frame, {scrollLeft, scrollTop: turned === model.page ? scrollTop : 0});
    turned = model.page;
    const active = frame.querySelector("tr.active");
    if (active && model.active !== followed) {
      const below = active.offsetTop + active.offsetHeight - frame.clientHeight;
      const above = active.offsetTop - table.tHead.offsetHeight;
      frame.scrollTop = Math.min(Math.max(frame.scrollTop, below), above);
    }
    followed = model.active;
  }

  model.on(["shown", "total", "active", "ticked", "sorted_by", "descending"], draw);
  draw();
  return root;
}
