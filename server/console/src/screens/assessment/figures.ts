import type { Language } from "../../i18n/catalogue";

/** What stands where too few orders were fixed for a share or a median. */
export const NONE = "–";

/** A share in whole percent, cut: 99.6 % is not all of them. */
export function shareText(share: number | null, language: Language): string {
  if (share === null) return NONE;
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(Math.floor(share * 100 + 1e-9) / 100);
}

/** Hours to a tenth, in the language's short form. */
export function hoursText(hours: number | null, language: Language): string {
  if (hours === null) return NONE;
  return new Intl.NumberFormat(language, { style: "unit", unit: "hour", unitDisplay: "short", maximumFractionDigits: 1 }).format(hours);
}

/** A day of the city's calendar, such as `2026-11-23`, without its year. */
export function dayText(day: string, language: Language): string {
  const month = language === "zh-CN" ? "numeric" : "short";
  return new Intl.DateTimeFormat(language, { timeZone: "UTC", month, day: "numeric" }).format(Date.parse(day));
}

/** The address of the list of these work orders. */
export function ordersAt(asked: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(asked).toString();
  return query === "" ? "/orders" : `/orders?${query}`;
}
