import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server listens here while the console is developed with `npm run dev`.
const SERVER = "http://127.0.0.1:8600";

export default defineConfig({
  base: "./",
  plugins: [react()],
  server: { host: "127.0.0.1", proxy: { "/api": SERVER, "/healthz": SERVER } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1300,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
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
