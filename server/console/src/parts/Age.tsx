import { spanText } from "../format/time";
import { useNow } from "../format/useNow";
import { useSpeech } from "../i18n/language";

export function Age({ since }: { since: string }) {
  const { t, language } = useSpeech();
  const now_ms = useNow();
  const age_ms = now_ms - Date.parse(since);
  const text = age_ms < 60_000 ? t("age.now") : t("age.ago", { span: spanText(age_ms, language) });
  return <time dateTime={since}>{text}</time>;
}
