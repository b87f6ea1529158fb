import { useCallback } from "react";
import { Problem } from "../api/problem";
import { useSpeech } from "../i18n/language";

/** What a refusal says to a person: the catalogue's text of its code, else the server's own message. */
export function useProblemText(): (error: unknown) => string {
  const { t, code } = useSpeech();
  return useCallback(
    (error) => {
      if (!(error instanceof Problem)) return t("problem.unexpected", { said: String(error) });
      const known = code("problem", error.code);
      if (known !== error.code) return known;
      return error.message === "" ? t("problem.status", { status: error.status }) : error.message;
    },
    [t, code],
  );
}
