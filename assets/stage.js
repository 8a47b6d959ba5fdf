// Parts that take turns in one place: the pages below the header, the tabs in Explore's lower card. The browser turns in
// the frame of the click: the former part is gone and a skeleton stands in its place until the server says that the new
// one is up to date. What is away keeps its size and its drawings, so that nothing is laid out or painted when it comes
// back. Python is in dashboard/bridge.py.

{
  const AGAIN = 30;  // milliseconds between two looks for a part that is not there yet
  const PATIENCE = 30_000;  // milliseconds until the server's word counts again: of two presses at once it hears the last

  // The first element that matches, in shadow roots too; hidden pages hold elements of the same classes.
  window.deepFind = (selector, fits = () => true, root = document) => {
    const found = [...root.querySelectorAll(selector)].find(fits);
    if (found) return found;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && window.deepFind(selector, fits, element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };

  class Stage {
    #host = null;
    #strip = null;
    #ready = false;  // whether the part that is wanted stands there
    #sheet = new CSSStyleSheet();  // so that a new part is out of sight from its first moment
    #wanted = "";
    #said = "";  // the part of which the server spoke last
    #pressed = "";  // the part that a hand has chosen, until the server speaks of it
    #underline = () => {};
    #next = 0;
    #patient = 0;
    #passed = "";  // the part of which the server spoke since, that was passed over

    // Parts are the children, of a class that begins with their kind, of the shadow root of the host.
    // A row holds the strip of buttons that names them.
    constructor(kind, host, row, wait = () => {}) {
      Object.assign(this, {kind, find: host, row, wait});
      const hidden = "{ visibility: hidden !important; content-visibility: hidden !important; }";
      this.#sheet.replaceSync(`[class*=" ${kind}-"]:not([data-here]) ${hidden}`);
      document.addEventListener("click", (event) => this.#press(event.composedPath()), true);
    }

    holds(element) {
      return this.#host !== null && element.parentNode === this.#host.shadowRoot && this.#part(element);
    }

    // So is what is wanted until the server has brought it up to date.
    isAway(element) {
      return this.holds(element) && !(this.#ready && element.classList.contains(`${this.kind}-${this.#wanted}`));
    }

    // Another button of the strip is on, by a hand or by the server; names are those of the picker's buttons.
    turn(picker, names) {
      this.#underline = (name) => { picker.active = names.indexOf(name); };
      const name = names[picker.active];
      if (name === this.#wanted || this.#pressed && name !== this.#pressed) return;
      this.#wanted = name;
      this.#look();
    }

    // The server has brought a part up to date. What it turned to before it heard of the last press is passed over; the
    // button that it had switched on for that is off again.
    show(name) {
      this.#said = name;
      if (this.#pressed && name !== this.#pressed) {
        this.#passed = name;
        return;
      }
      clearTimeout(this.#patient);
      this.#pressed = "";
      this.#wanted = name;
      this.#look();
      this.#underline(name);
    }

    #press([button, ...around]) {
      if (button.tagName !== "BUTTON" || !around.includes(this.#bar())) return;
      const name = button.textContent.toLowerCase().replace(/[^a-z]/g, "");
      if (name === this.#said && !this.#pressed) return;
      this.#pressed = name;  // also back to where the server still is
      this.#passed = "";
      clearTimeout(this.#patient);
      this.#patient = setTimeout(() => {
        this.#pressed = "";
        if (this.#passed) this.show(this.#passed);
      }, PATIENCE);
    }

    // Keep the name of what is shown in sight, where the strip is wider than its place.
    keepInSight() {
      this.#bar()?.shadowRoot.querySelector(".bk-active")?.scrollIntoView({inline: "nearest", block: "nearest"});
    }

    #bar() {
      if (!this.#strip?.isConnected) this.#strip = window.deepFind(this.row)?.shadowRoot?.querySelector(".tabs");
      return this.#strip;
    }

    #part(element) {
      return [...element.classList].some((one) => one.startsWith(`${this.kind}-`));
    }

    #look() {
      clearTimeout(this.#next);
      const part = this.#found();
      const ready = this.#ready = Boolean(part) && this.#said === this.#wanted;
      for (const one of this.#host?.shadowRoot?.children ?? []) one.toggleAttribute("data-here", ready && one === part);
      this.wait(!ready, this.#wanted, this.#host);
      if (ready) this.#turned(part);
      else this.#next = setTimeout(() => this.#look(), AGAIN);
    }

    #turned(part) {
      this.keepInSight();
      document.dispatchEvent(new CustomEvent("turned", {detail: part}));
    }

    #found() {
      if (!this.#host?.isConnected) this.#host = this.find();
      const root = this.#host?.shadowRoot;
      if (!root) return null;
      if (!root.adoptedStyleSheets.includes(this.#sheet)) root.adoptedStyleSheets.push(this.#sheet);
      return [...root.children].find((one) => one.classList.contains(`${this.kind}-${this.#wanted}`));
    }
  }

  const skeleton = (waits, name) => {
    const element = document.getElementById("skeleton");
    element.dataset.page = name;
    element.hidden = !waits;
  };
  window.stages = {
    page: new Stage("page", () => document.querySelector("main .main"), ".header", skeleton),
    tab: new Stage("tab", () => window.deepFind(".tabs-card"), ".tabs-row", (waits, _, card) => card?.classList.toggle("waits", waits)),
  };
  addEventListener("resize", () => window.stages.tab.keepInSight());
}
