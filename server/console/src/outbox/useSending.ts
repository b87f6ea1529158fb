import { useEffect } from "react";
import { useOutboxOf } from "./useOutbox";

const AGAIN_MS = 30_000;

/** Sends by itself what waits of a person: at once, when the phone finds a network, when the page is looked at again, and every 30 s. */
export function useSending(person_id: string): void {
  const { unsent, send } = useOutboxOf(person_id);
  const waits = unsent.some(({ draft, refused }) => !draft && refused === null);
  useEffect(() => {
    if (!waits) return undefined;
    const go = () => send(null);
    go();
    const again = setInterval(go, AGAIN_MS);
    window.addEventListener("online", go);
    document.addEventListener("visibilitychange", go);
    return () => {
      clearInterval(again);
      window.removeEventListener("online", go);
      document.removeEventListener("visibilitychange", go);
    };
  }, [waits, send]);
}
