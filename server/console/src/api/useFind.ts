import { useMutation } from "@tanstack/react-query";
import type { Sought } from "./sought";
import { answered, api } from "./client";
import type { Found } from "./types";

/** The page of what is looked for, or what else has its number: nothing, or several. */
export function useFind() {
  return useMutation({
    mutationFn: async (sought: Sought): Promise<string | Found[]> => {
      if ("page" in sought) return sought.page;
      if ("order" in sought) {
        const { case_id } = await answered(api.GET("/api/work-orders/{id}", { params: { path: { id: sought.order } } }));
        return `/cases/${case_id}`;
      }
      const { items } = await answered(api.GET("/api/find", { params: { query: { number: sought.number } } }));
      const [first, ...others] = items;
      return first !== undefined && others.every(({ case_id }) => case_id === first.case_id) ? `/cases/${first.case_id}` : items;
    },
  });
}
