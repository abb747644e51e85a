import type { UserConfig } from "vite";

/** One self-contained classic script, so that a page needs one tag and no bundler. */
export function script(entry: string, name: "widget" | "embed"): UserConfig {
  return {
    build: {
      outDir: "../../portal_api/static",
      emptyOutDir: false,
      // What WeChat's and 360's built-in browsers and Safari of 2021 understand.
      target: ["chrome86", "firefox90", "safari14.1"],
      lib: { entry, name: `jieda_${name}`, formats: ["iife"], fileName: () => `${name}.js` },
    },
  };
}
