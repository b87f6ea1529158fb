import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useGround } from "../api/useGround";
import { useMe } from "../api/useMe";
import { useTaxonomy } from "../api/useTaxonomy";
import { TODO, useWorkOrders } from "../api/useWorkOrders";
import { keepAtHand } from "./atHand";

/** The work of a crew stays at hand where there is no network: the page itself, and the list of what is to be done. */
export function useAtHand(): void {
  const queries = useQueryClient();
  const told = [useMe().data, useTaxonomy().timeZone, useGround().data, useWorkOrders(TODO).dataUpdatedAt];

  useEffect(() => {
    // The development server has no worker.
    if (import.meta.env.PROD) navigator.serviceWorker?.register("./worker.js").catch(console.warn);
  }, []);
  useEffect(() => {
    keepAtHand(queries).catch(console.warn);
  }, [queries, ...told]);
}
