import { spanText } from "../format/time";
import { useOfNow } from "../format/useOfNow";
import { useSpeech } from "../i18n/language";

export function Age({ since }: { since: string }) {
  const { t, language } = useSpeech();
  const since_ms = Date.parse(since);
  const text = useOfNow((now_ms) => (now_ms - since_ms < 60_000 ? t("age.now") : t("age.ago", { span: spanText(now_ms - since_ms, language) })));
  return <time dateTime={since}>{text}</time>;
}
