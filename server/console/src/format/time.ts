import type { Language } from "../i18n/catalogue";

const MINUTE_MS = 60_000;

export interface Span {
  days: number;
  hours: number;
  minutes: number;
}

/** A length of time in whole minutes, split; negative lengths are split by their size. */
export function span(length_ms: number): Span {
  const minutes = Math.floor(Math.abs(length_ms) / MINUTE_MS);
  return { days: Math.floor(minutes / 1440), hours: Math.floor(minutes / 60) % 24, minutes: minutes % 60 };
}

/** A length in its two largest units, as the language writes them. */
export function spanText(length_ms: number, language: Language): string {
  const { days, hours, minutes } = span(length_ms);
  const said = (count: number, unit: "day" | "hour" | "minute") =>
    once(`${language} ${unit}`, () => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow" })).format(count);
  const parts =
    days > 0
      ? [said(days, "day"), hours > 0 ? said(hours, "hour") : ""]
      : [hours > 0 ? said(hours, "hour") : "", minutes > 0 || hours === 0 ? said(minutes, "minute") : ""];
  return parts.filter((part) => part !== "").join(language === "zh-CN" ? "" : " ");
}

export type Urgency = "late" | "soon" | "calm";

/** How a deadline presses: late when past, soon within the last hour. */
export function urgency(due_ms: number, now_ms: number): Urgency {
  if (now_ms > due_ms) return "late";
  return due_ms - now_ms <= 60 * MINUTE_MS ? "soon" : "calm";
}

/** Date and time to the minute in a time zone (none given: the browser's); the year only where it is not this one. */
export function momentText(at_ms: number, now_ms: number, language: Language, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const year = once(`year ${timeZone}`, () => new Intl.DateTimeFormat("en", { year: "numeric", ...zone }));
  const thisYear = year.format(at_ms) === year.format(now_ms);
  const written = () =>
    new Intl.DateTimeFormat(language, {
      ...zone,
      ...(thisYear ? {} : { year: "numeric" as const }),
      month: language === "zh-CN" ? "numeric" : "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  return once(`${language} ${timeZone} ${thisYear}`, written).format(at_ms);
}

const made = new Map<string, unknown>();

/** A formatter of a name: to make one takes a hundred times as long as to use it. */
function once<T>(name: string, make: () => T): T {
  const known = made.get(name) as T | undefined;
  if (known !== undefined) return known;
  const one = make();
  made.set(name, one);
  return one;
}
