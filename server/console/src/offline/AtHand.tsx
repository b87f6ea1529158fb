import { useCrewsAtHand, useInspectorsAtHand } from "./useAtHand";

/** Keeps at hand what is needed without a network by who works outside. */
export function AtHand({ role }: { role: string }) {
  return role === "crew" ? <OfCrew /> : role === "inspector" ? <OfInspector /> : null;
}

function OfCrew() {
  useCrewsAtHand();
  return null;
}

function OfInspector() {
  useInspectorsAtHand();
  return null;
}
