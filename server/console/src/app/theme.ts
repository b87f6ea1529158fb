import type { ThemeConfig } from "antd";

const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether fingers are all there is to point with: what they press is 44 px high and more (WCAG 2.2, 2.5.5). */
const TOUCH = window.matchMedia("(hover: none) and (pointer: coarse)").matches;

export const INK = "#0f2a43";
export const ACCENT = "#0b6e8f";

const SANS =
  '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", ' +
  '"Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export const theme: ThemeConfig = {
  token: {
    colorPrimary: ACCENT,
    colorInfo: ACCENT,
    colorLink: ACCENT,
    colorText: "#1a2b3c",
    colorTextSecondary: "#5a6b7d",
    colorTextPlaceholder: "#5a6b7d",
    colorTextDescription: "#5a6b7d",
    colorBorder: "#d3dbe3",
    colorBorderSecondary: "#e4e9ef",
    colorBgLayout: "#eef2f6",
    colorError: "#c62f36",
    colorWarning: "#c77700",
    colorSuccess: "#22804a",
    borderRadius: 6,
    fontFamily: SANS,
    fontSize: 14,
    motion: !STILL,
    ...(TOUCH && { controlHeight: 44, controlHeightSM: 44, controlHeightLG: 52 }),
  },
};

/** Colours of a case's states, the same on tags and on the map. */
export const STATE_COLOURS: Readonly<Record<string, string>> = {
  watching: "#8494a4",
  filed: "#2f6fd6",
  dispatched: "#d97706",
  handling: "#b7590b",
  fed_back: "#7c4dbd",
  suspended: "#6b7785",
  closed: "#22804a",
};
export const UNKNOWN_STATE_COLOUR = "#8494a4";

export function stateColour(state: string): string {
  return STATE_COLOURS[state] ?? UNKNOWN_STATE_COLOUR;
}
