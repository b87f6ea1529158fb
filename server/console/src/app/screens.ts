import type { Key } from "../i18n/catalogue";

export interface ScreenLink {
  to: string;
  name: Key;
}

const QUEUE: ScreenLink = { to: "/queue", name: "nav.queue" };
const WORK: ScreenLink = { to: "/work", name: "nav.work" };
const REVIEW: ScreenLink = { to: "/review", name: "nav.review" };

const SCREENS: Readonly<Record<string, readonly ScreenLink[]>> = {
  operator: [QUEUE],
  crew: [WORK],
  reviewer: [REVIEW, QUEUE],
  supervisor: [QUEUE, REVIEW],
  admin: [QUEUE, REVIEW],
};

/** The screens of a role, its home first. */
export function screensOf(role: string): readonly ScreenLink[] {
  return SCREENS[role] ?? [QUEUE];
}
