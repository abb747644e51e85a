import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

/** `npm run dev -w portal` talks to a running server: JIEDA_URL, by default the one `make run` starts. */
const server = process.env.JIEDA_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/portal/",
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: "false" },
  build: { outDir: "../../portal_api/static/portal", emptyOutDir: true, target: ["chrome86", "firefox90", "safari14.1"], rolldownOptions: { checks: { pluginTimings: false } } },
  server: {
    proxy: {
      "/api": { target: server, ws: true },
      "/widget.js": server,
      "/embed.js": server,
    },
  },
});
