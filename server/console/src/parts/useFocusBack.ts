import { useEffect, useState } from "react";

/** Once the dialog that calls this is gone, gives the focus back to what had it before: what opened the dialog. */
export function useFocusBack(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    },
    [opener],
  );
}
