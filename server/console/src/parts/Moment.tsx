import { useTaxonomy } from "../api/useTaxonomy";
import { momentText } from "../format/time";
import { useNow } from "../format/useNow";
import { useSpeech } from "../i18n/language";

export function Moment({ at }: { at: string }) {
  const { language } = useSpeech();
  const { timeZone } = useTaxonomy();
  const now_ms = useNow(60_000);
  return <time dateTime={at}>{momentText(Date.parse(at), now_ms, language, timeZone)}</time>;
}
