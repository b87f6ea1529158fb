import type { Key } from "../i18n/catalogue";

export interface ScreenLink {
  to: string;
  name: Key;
}

const QUEUE: ScreenLink = { to: "/queue", name: "nav.queue" };
const WORK: ScreenLink = { to: "/work", name: "nav.work" };
const REVIEW: ScreenLink = { to: "/review", name: "nav.review" };
const INSPECT: ScreenLink = { to: "/inspect", name: "nav.inspect" };
export const ORDERS: ScreenLink = { to: "/orders", name: "nav.orders" };
const ASSESSMENT: ScreenLink = { to: "/assessment", name: "nav.assessment" };
const PRECISION: ScreenLink = { to: "/precision", name: "nav.precision" };

const SCREENS: Readonly<Record<string, readonly ScreenLink[]>> = {
  operator: [QUEUE],
  crew: [WORK],
  reviewer: [REVIEW, QUEUE],
  supervisor: [QUEUE, ORDERS, REVIEW, ASSESSMENT, PRECISION],
  admin: [QUEUE, ORDERS, REVIEW, ASSESSMENT, PRECISION],
  ml_engineer: [PRECISION],
  inspector: [INSPECT],
};

/** Whether a role sees cases, and so hears at once what becomes of them. */
export const followsCases = (role: string): boolean => role !== "ml_engineer" && role !== "inspector";

/** Whether a role may see every case. */
export const seesEveryCase = (role: string): boolean => followsCases(role) && role !== "crew";

/** The screens of a role, its home first. */
export function screensOf(role: string): readonly ScreenLink[] {
  return SCREENS[role] ?? [QUEUE];
}
