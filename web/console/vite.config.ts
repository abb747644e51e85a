import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { mockApi } from "./dev/mock.ts";

// JIEDA_API=http://127.0.0.1:8000 develops against a running server; without it a mock answers.
const server = process.env.JIEDA_API;
const proxy = server ? { "/api": { target: server }, "/ws": { target: server, ws: true } } : undefined;

export default defineConfig({
  base: "/console/",
  plugins: [vue(), ...(server ? [] : [mockApi()])],
  server: { host: "127.0.0.1", proxy },
  build: { outDir: "../../portal_api/static/console", emptyOutDir: true, target: "es2020", rolldownOptions: { checks: { pluginTimings: false } } },
});
