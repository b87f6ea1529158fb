import { useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { FIGURES } from "./keys";

export function useFigures() {
  return useQuery({ queryKey: [FIGURES], queryFn: () => answered(api.GET("/api/figures")) });
}
