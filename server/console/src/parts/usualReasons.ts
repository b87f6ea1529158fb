import { useSpeech } from "../i18n/language";

/** The usual reasons for a step; the catalogue keeps them in one line, divided by bars. */
export function useUsualReasons(step: string): readonly string[] {
  const { code } = useSpeech();
  const line = code("usual", step);
  return line === step ? [] : line.split("|");
}
