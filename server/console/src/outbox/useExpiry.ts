import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { UNSENT } from "../api/keys";
import { outbox } from "./useOutbox";

/** Deletes from this phone, as a page is opened, what is kept past its end of those of whom this is said; how many that were, once it is done. */
export function useExpiry(whose: (person_id: string) => boolean): number | undefined {
  const queries = useQueryClient();
  const [gone, setGone] = useState<number>();
  useEffect(() => {
    const expire = async () => {
      const count = await outbox.expire(Date.now(), whose).catch(() => 0);
      if (count > 0) await queries.invalidateQueries({ queryKey: [UNSENT] });
      setGone((before = 0) => before + count);
    };
    void expire();
  }, [queries]);
  return gone;
}
