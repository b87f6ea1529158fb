import { useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ME } from "./keys";

/** Who is signed in. A 401 is an error here; the shell leads to the sign-in page then. */
export function useMe() {
  return useQuery({ queryKey: [ME], queryFn: () => answered(api.GET("/api/me")), staleTime: 5 * 60_000 });
}
