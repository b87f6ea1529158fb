import { useEffect } from "react";
import type { WorkOrder } from "../../api/types";

/** Fetches the first pictures of the order that comes next, so that they are there when it does. */
export function usePicturesAhead(next: WorkOrder | undefined): void {
  const before = next?.before.find(({ available }) => available)?.sha256;
  const after = next?.after[0]?.sha256;
  useEffect(() => {
    for (const sha256 of [before, after]) if (sha256 !== undefined) new Image().src = `/api/evidence/${sha256}`;
  }, [before, after]);
}
