import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE, CASES, FIGURES, HEIRS, MAP, ORDERS } from "./keys";
import type { CaseDetail, Event, Finding } from "./types";

type Taken = Promise<CaseDetail>;
const at = (id: string) => ({ params: { path: { id } } });

/** Steps that the desk takes with a case, and those of them that must say why. */
const PLAIN = {
  confirm: (id: string): Taken => answered(api.POST("/api/cases/{id}/confirm", at(id))),
  dispatch: (id: string): Taken => answered(api.POST("/api/cases/{id}/dispatch", at(id))),
  hand_over: (id: string): Taken => answered(api.POST("/api/cases/{id}/hand-over", at(id))),
  resume: (id: string): Taken => answered(api.POST("/api/cases/{id}/resume", at(id))),
};
const REASONED = {
  dismiss: (id: string, reason: string, finding?: Finding): Taken =>
    answered(api.POST("/api/cases/{id}/dismiss", { ...at(id), body: { reason, finding: finding ?? null } })),
  persuade: (id: string, reason: string): Taken => answered(api.POST("/api/cases/{id}/persuade", { ...at(id), body: { reason } })),
  escalate: (id: string, reason: string): Taken => answered(api.POST("/api/cases/{id}/escalate", { ...at(id), body: { reason } })),
  suspend: (id: string, reason: string): Taken => answered(api.POST("/api/cases/{id}/suspend", { ...at(id), body: { reason } })),
  cancel: (id: string, reason: string): Taken => answered(api.POST("/api/cases/{id}/cancel", { ...at(id), body: { reason } })),
};

export type PlainStep = keyof typeof PLAIN;
export type ReasonedStep = keyof typeof REASONED;

export const isPlain = (event: Event): event is PlainStep => event in PLAIN;
export const isReasoned = (event: Event): event is ReasonedStep => event in REASONED;

export type CaseStep = { id: string } & ({ step: PlainStep } | { step: ReasonedStep; reason: string; finding?: Finding | undefined });

/** Takes a step and puts the case that the server answers with in place of the one known. */
export function useCaseStep() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: CaseStep) =>
      "reason" in asked ? REASONED[asked.step](asked.id, asked.reason, asked.finding) : PLAIN[asked.step](asked.id),
    onSuccess: (known) => {
      queries.setQueryData([CASE, known.id], known);
      for (const key of [CASES, MAP, ORDERS, HEIRS, FIGURES]) void queries.invalidateQueries({ queryKey: [key] });
    },
    onError: () => {
      for (const key of [CASE, CASES]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
