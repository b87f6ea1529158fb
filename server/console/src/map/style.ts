import type { StyleSpecification } from "maplibre-gl";
import { ACCENT, INK } from "../app/theme";

const EMPTY = { type: "geojson" as const, data: { type: "FeatureCollection" as const, features: [] } };
const FONT = ["sans-serif"];

/** A map out of nothing but our own layers: no tiles, fonts or sprites are fetched; letters are drawn by the browser. */
export const STREET_STYLE: StyleSpecification = {
  version: 8,
  sources: { graticule: EMPTY, grids: EMPTY, zones: EMPTY, sights: EMPTY, ellipses: { ...EMPTY, tolerance: 0 }, cases: EMPTY },
  layers: [
    { id: "background", type: "background", paint: { "background-color": "#f4f6f8" } },
    { id: "grid-fill", type: "fill", source: "grids", paint: { "fill-color": "#ffffff", "fill-opacity": 0.75 } },
    { id: "graticule", type: "line", source: "graticule", paint: { "line-color": "#dfe5eb", "line-width": 0.7 } },
    {
      id: "zone-fill",
      type: "fill",
      source: "zones",
      paint: { "fill-color": ["match", ["get", "kind"], "no_parking", "#c62f36", "pavement", "#7a8794", ACCENT], "fill-opacity": 0.13 },
    },
    {
      id: "zone-line",
      type: "line",
      source: "zones",
      paint: {
        "line-color": ["match", ["get", "kind"], "no_parking", "#c62f36", "pavement", "#7a8794", ACCENT],
        "line-width": 1.2,
        "line-dasharray": [3, 2],
        "line-opacity": 0.8,
      },
    },
    { id: "grid-line", type: "line", source: "grids", paint: { "line-color": INK, "line-width": 1.6, "line-opacity": 0.55 } },
    {
      id: "grid-name",
      type: "symbol",
      source: "grids",
      layout: { "text-field": ["get", "label"], "text-font": FONT, "text-size": 13, "text-max-width": 12 },
      paint: { "text-color": INK, "text-opacity": 0.62, "text-halo-color": "#ffffff", "text-halo-width": 1.5 },
    },
    {
      id: "sight",
      type: "line",
      source: "sights",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": "#5a6b7d", "line-width": 1.2, "line-dasharray": [2, 2] },
    },
    {
      id: "sight-camera",
      type: "circle",
      source: "sights",
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 4, "circle-color": "#ffffff", "circle-stroke-color": "#5a6b7d", "circle-stroke-width": 1.6 },
    },
    { id: "ellipse-fill", type: "fill", source: "ellipses", paint: { "fill-color": ACCENT, "fill-opacity": 0.16 } },
    { id: "ellipse-line", type: "line", source: "ellipses", paint: { "line-color": ACCENT, "line-width": 1.4 } },
    {
      id: "case-halo",
      type: "circle",
      source: "cases",
      filter: ["==", ["get", "chosen"], true],
      paint: { "circle-radius": 20, "circle-color": ACCENT, "circle-opacity": 0.22, "circle-stroke-color": ACCENT, "circle-stroke-width": 2 },
    },
    {
      id: "case",
      type: "symbol",
      source: "cases",
      layout: {
        "icon-image": ["get", "pin"],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 13, 0.55, 17, 1],
        "symbol-sort-key": ["case", ["get", "chosen"], 2, ["==", ["get", "state"], "closed"], 0, 1],
      },
    },
  ],
};
