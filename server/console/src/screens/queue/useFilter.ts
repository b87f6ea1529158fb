import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { State } from "../../api/types";
import type { CaseFilter } from "../../api/useCases";

export const STATES: readonly State[] = ["watching", "filed", "dispatched", "handling", "fed_back", "suspended", "closed"];

const isState = (word: string): word is State => (STATES as readonly string[]).includes(word);

/** The queue's filter, kept in the address so that it survives a reload and can be sent to a colleague. */
export function useFilter(): [CaseFilter, (filter: CaseFilter) => void] {
  const [params, setParams] = useSearchParams();
  const states = params.get("state") ?? "";
  const category = params.get("category");
  const grid = params.get("grid");

  const filter = useMemo<CaseFilter>(
    () => ({ states: states.split(",").filter(isState), category, grid }),
    [states, category, grid],
  );
  const change = (to: CaseFilter) => {
    const after = new URLSearchParams();
    if (to.states.length > 0) after.set("state", to.states.join(","));
    if (to.category !== null) after.set("category", to.category);
    if (to.grid !== null) after.set("grid", to.grid);
    setParams(after, { replace: true });
  };
  return [filter, change];
}
