// How the console is built: hashed files under /assets/, and nothing that a strict content security policy
// would refuse. In development and in preview the daemon is behind a proxy, so that the console's own
// origin is the only one it knows, as when the daemon serves it.

import { readFileSync } from 'node:fs';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type ProxyOptions } from 'vite';

/** Where the daemon listens while the console is developed. */
const DAEMON = process.env.WHARFINGER_URL ?? 'http://127.0.0.1:7180';

/** The policy the daemon serves the console under; preview has it too, so that a breach is seen early. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The daemon believes only its own origin, so the proxy speaks as a page of the daemon would. */
const daemon: ProxyOptions = {
  target: DAEMON,
  changeOrigin: true,
  headers: { origin: DAEMON },
};

const proxy = Object.fromEntries(
  ['/mcp', '/docs', '/openapi.json', '/metrics', '/livez', '/readyz'].map((path) => [path, daemon]),
);

/** The font's licence (SIL OFL 1.1) goes where the font goes. */
function fontLicence(): Plugin {
  const licence = new URL('./node_modules/@fontsource-variable/ibm-plex-sans/LICENSE', import.meta.url);
  return {
    name: 'font-licence',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'asset', name: 'ibm-plex-sans-licence.txt', source: readFileSync(licence) });
    },
  };
}

/**
 * Puts the theme script before everything else. A module would run after the first paint, and an inline
 * script is refused by the policy: so it is a small classic script with a hashed name of its own.
 */
function themeFirst(): Plugin {
  const source = new URL('./src/design/theme-first.js', import.meta.url);
  let path = '/src/design/theme-first.js';
  return {
    name: 'theme-first',
    buildStart() {
      if (this.environment.mode !== 'build') return;
      const reference = this.emitFile({
        type: 'asset',
        name: 'theme-first.js',
        source: readFileSync(source, 'utf8'),
      });
      path = `/${this.getFileName(reference)}`;
    },
    transformIndexHtml: () => [{ tag: 'script', attrs: { src: path }, injectTo: 'head-prepend' }],
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), themeFirst(), fontLicence()],
  build: {
    target: 'es2023',
    // Fonts and pictures stay files: the policy allows no data: addresses for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy, headers: { 'content-security-policy': POLICY } },
});
