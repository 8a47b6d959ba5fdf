// Before the first paint, so that nothing flashes. The cookie says to the server how to draw figures.
{
  const theme = localStorage.getItem("specvae-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  document.cookie = `specvae-theme=${theme}; path=/; max-age=31536000; SameSite=Lax`;
}
