import { momentText } from "../format/time";
import { useOfNow } from "../format/useOfNow";
import { useZone } from "../format/zone";
import { useSpeech } from "../i18n/language";

/** A moment by the city's clock, wherever it is read. */
export function Moment({ at }: { at: string }) {
  const { language } = useSpeech();
  const zone = useZone();
  return <time dateTime={at}>{useOfNow((now_ms) => momentText(Date.parse(at), now_ms, language, zone))}</time>;
}
