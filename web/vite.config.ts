import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Built into the Python package: whoever only has Python needs no Node. `make web` runs this and notes the digest.
export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/facefusion/service/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: { "/v1": "http://127.0.0.1:5000" },
  },
});
