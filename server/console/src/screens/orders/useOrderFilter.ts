import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { State } from "../../api/types";
import type { OrderFilter } from "../../api/useWorkOrders";

const OPEN: readonly State[] = ["dispatched", "handling", "fed_back"];

/** Which of the open work orders: all, those that are late, or those of people who have left. */
export const WHICH = ["open", "overdue", "left"] as const;
export type Which = (typeof WHICH)[number];

const isWhich = (word: string): word is Which => (WHICH as readonly string[]).includes(word);

/** The list's filter, kept in the address so that it survives a reload and can be sent to a colleague. */
export function useOrderFilter() {
  const [params, setParams] = useSearchParams();
  const asked = params.get("which") ?? "";
  const which: Which = isWhich(asked) ? asked : "open";
  const grid = params.get("grid");
  const filter = useMemo<OrderFilter>(() => ({ states: OPEN, grid, overdue: which === "overdue", left: which === "left" }), [grid, which]);
  const choose = (to: { which?: Which; grid?: string | null }) => {
    const next = { which, grid, ...to };
    setParams({ ...(next.which !== "open" && { which: next.which }), ...(next.grid !== null && { grid: next.grid }) }, { replace: true });
  };
  return { which, grid, filter, choose };
}
