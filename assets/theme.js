// Before the first paint, so that nothing flashes. The cookie says to the server how to draw figures; where it is from
// a visit under another theme, the page that came is not shown, and is asked for again.
{
  const theme = localStorage.getItem("specvae-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const drawn = document.cookie.match(/(?:^|; )specvae-theme=(\w+)/)?.[1];
  document.documentElement.dataset.theme = theme;
  document.cookie = `specvae-theme=${theme}; path=/; max-age=31536000; SameSite=Lax`;
  if (drawn && drawn !== theme && document.cookie.includes(`specvae-theme=${theme}`)) {
    window.stop();
    location.reload();
  }
}
