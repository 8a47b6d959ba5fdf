// Which page stands below the header. The browser turns the page in the frame of the click: the former one is gone and a
// skeleton stands in its place until the server has put the new one there. Python is in dashboard/app.py.

{
  const AGAIN = 30;  // milliseconds between two looks for the page that was asked for
  let wanted = null, next = 0;

  function pages() {
    const host = document.querySelector("main .main");
    return [...host?.shadowRoot?.children ?? []].filter((one) => /(^| )page-/.test(one.className));
  }

  function turn() {
    let ready = false;
    for (const page of pages()) {
      const here = page.classList.contains(`page-${wanted}`);
      page.classList.toggle("away", !here);
      ready ||= here && page.clientHeight > 0;
    }
    document.getElementById("skeleton").hidden = ready;
    if (!ready) next = setTimeout(turn, AGAIN);
  }

  window.showPage = (name) => {
    wanted = name;
    document.getElementById("skeleton").dataset.page = name;
    clearTimeout(next);
    turn();
  };
}
