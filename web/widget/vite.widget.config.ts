import { defineConfig } from "vite";
import { script } from "./vite.script.ts";

export default defineConfig(script("src/main.ts", "widget"));
