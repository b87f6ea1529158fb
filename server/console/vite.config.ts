import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// The server listens here while the console is developed with `npm run dev`.
const SERVER = "http://127.0.0.1:8600";

const WORKER = "worker.js";

/** Tells the worker which files were built, once all of them have their names. */
function namesItsFiles(): Plugin {
  return {
    name: "names-its-files",
    apply: "build",
    enforce: "post",
    async generateBundle(_, built) {
      const worker = built[WORKER];
      const page = built["index.html"];
      if (worker?.type !== "chunk" || page?.type !== "asset") throw new Error("the build has no worker, or no page");
      const files = ["./", ...Object.keys(built).filter((name) => name.startsWith("assets/")).sort()];
      const all = new TextEncoder().encode([...files, page.source, worker.code].join("\n"));
      const version = new DataView(await crypto.subtle.digest("SHA-256", all)).getBigUint64(0).toString(16);
      worker.code = `const FILES = ${JSON.stringify(files)}, VERSION = "${version}";\n${worker.code}`;
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [react(), namesItsFiles()],
  server: { host: "127.0.0.1", proxy: { "/api": SERVER, "/healthz": SERVER } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1300,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: "index.html", worker: "src/worker/worker.ts" },
      output: {
        // The worker stands beside the page, under one name in every version: a browser looks there for a newer one.
        entryFileNames: ({ name }) => (name === "worker" ? WORKER : "assets/[name]-[hash].js"),
        codeSplitting: {
          groups: [
            { name: "maplibre", test: /node_modules[\\/](maplibre-gl|@maplibre|@mapbox)[\\/]/ },
            { name: "antd", test: /node_modules[\\/](antd|@ant-design|@rc-component|rc-[a-z-]+)[\\/]/ },
            { name: "react", test: /node_modules[\\/](react|react-dom|react-router|scheduler|@tanstack)[\\/]/ },
          ],
        },
      },
    },
  },
});
