/** Line drawings on a 24×24 field, one a category; drawn with round strokes on pages and on map pins alike. */
export const MARKS: Readonly<Record<string, string>> = {
  litter: "M9 7.5 7.6 4.5h8.8L15 7.5M9 7.5c-3.5 2-5 5-5 8C4 18.5 6 20 9 20h6c3 0 5-1.5 5-4.5 0-3-1.5-6-5-8zM9 7.5h6M9.5 13l2 2 3-3.5",
  illegal_ad: "M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h3.5M15 15.5h.5",
  improper_parking: "M4 16.5v-4l2-5.5h12l2 5.5v4zM4 12.5h16M6 16.5V19M18 16.5V19M7.5 14.5h.5M16 14.5h.5",
  improper_parking_cycle:
    "M6 19a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM18 19a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM6 15.5l3.5-6h5.5l3 6M9.5 9.5l3 6 3-6L14 6h2.5M8 7h3",
  overflowing_bin: "M5.5 10h13M6.5 10l1 10h9l1-10M10 13.5l.3 3.5M14 13.5l-.3 3.5M7.5 10a2.5 2.5 0 0 1 3.5-3.5 3 3 0 0 1 5.5 1.5c0 .8-.2 1.5-.5 2",
};
export const UNKNOWN_MARK = "M12 8v5M12 16h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z";

export function markOf(category: string): string {
  return MARKS[category] ?? UNKNOWN_MARK;
}
