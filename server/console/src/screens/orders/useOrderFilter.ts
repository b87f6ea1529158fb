import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { State } from "../../api/types";
import type { OrderFilter } from "../../api/useWorkOrders";

const OPEN: readonly State[] = ["dispatched", "handling", "fed_back"];
const CLOSED: readonly State[] = ["closed"];

/** Which work orders: all open ones, those of them that are late or of people who have left, or the closed ones. */
export const WHICH = ["open", "overdue", "left", "closed"] as const;
export type Which = (typeof WHICH)[number];

const isWhich = (word: string): word is Which => (WHICH as readonly string[]).includes(word);

/** The list's filter, kept in the address so that it survives a reload and can be sent to a colleague. */
export function useOrderFilter() {
  const [params, setParams] = useSearchParams();
  const asked = params.get("which") ?? "";
  const which: Which = isWhich(asked) ? asked : "open";
  const grid = params.get("grid");
  const assignee = params.get("assignee");
  const filter = useMemo<OrderFilter>(
    () => ({ states: which === "closed" ? CLOSED : OPEN, grid, assignee, overdue: which === "overdue", left: which === "left" }),
    [grid, assignee, which],
  );
  const choose = (to: { which?: Which; grid?: string | null; assignee?: string | null }) => {
    const next = { which, grid, assignee, ...to };
    const told = { ...(next.grid !== null && { grid: next.grid }), ...(next.assignee !== null && { assignee: next.assignee }) };
    setParams({ ...(next.which !== "open" && { which: next.which }), ...told }, { replace: true });
  };
  return { which, grid, assignee, filter, choose };
}
