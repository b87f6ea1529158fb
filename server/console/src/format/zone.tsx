import { createContext, type ReactNode, useContext } from "react";
import { useReportable } from "../api/useReport";

const ZoneContext = createContext<string | undefined>(undefined);

/** Asks once for the city's time zone, which who is not signed in may know as well. */
export function ZoneProvider({ children }: { children: ReactNode }) {
  return <ZoneContext value={useReportable().data?.time_zone}>{children}</ZoneContext>;
}

/** The city's time zone, in which every time is written; undefined until it is known. */
export const useZone = (): string | undefined => useContext(ZoneContext);
