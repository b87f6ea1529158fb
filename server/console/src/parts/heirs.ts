import type { Heir } from "../api/types";

/** How many work orders people left behind. */
export function ordersOf(heirs: readonly Heir[]): number {
  return heirs.reduce((sum, { orders }) => sum + orders, 0);
}

/** How many of them somebody is on duty for. */
export function ordersThatGo(heirs: readonly Heir[]): number {
  return ordersOf(heirs.filter(({ person }) => person !== null));
}
