// Sets the theme before the first paint. A classic script, loaded before all others: see vite.config.ts.
// `theme.ts` takes over from here and knows the same key.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('wharfinger.theme');
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
