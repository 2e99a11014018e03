import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// LATECOMER_API lets `npm run dev` talk to a running server.
const api = process.env.LATECOMER_API ?? 'http://127.0.0.1:8470';

export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // The content security policy allows no data: fonts or inline scripts; small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': api } },
  preview: { proxy: { '/v1': api } },
});
