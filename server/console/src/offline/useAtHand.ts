import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useGround } from "../api/useGround";
import { useMe } from "../api/useMe";
import { useReportable, useReportGrids } from "../api/useReport";
import { useTaxonomy } from "../api/useTaxonomy";
import { TODO, useWorkOrders } from "../api/useWorkOrders";
import { keepAtHand } from "./atHand";

/** The work of a crew stays at hand where there is no network: the page itself, and the list of what is to be done. */
export function useCrewsAtHand(): void {
  useKept([useMe().data, useTaxonomy().known, useReportable().data, useGround().data, useWorkOrders(TODO).dataUpdatedAt]);
}

/** An inspector can report where there is no network: the page itself, and what can be reported where. */
export function useInspectorsAtHand(): void {
  useKept([useMe().data, useTaxonomy().known, useReportable().data, useReportGrids().data]);
}

function useKept(told: readonly unknown[]): void {
  const queries = useQueryClient();
  useEffect(() => {
    // The development server has no worker.
    if (import.meta.env.PROD) navigator.serviceWorker?.register("./worker.js").catch(console.warn);
  }, []);
  useEffect(() => {
    keepAtHand(queries).catch(console.warn);
  }, [queries, ...told]);
}
