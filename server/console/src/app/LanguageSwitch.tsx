import { Button } from "antd";
import { useSpeech } from "../i18n/language";

/** Names the other language in that language, as its readers look for it. */
export function LanguageSwitch() {
  const { language, choose, t } = useSpeech();
  const other = language === "zh-CN" ? "en" : "zh-CN";
  return (
    <Button type="text" className="language" lang={other} aria-label={t("shell.other_language_label")} onClick={() => choose(other)}>
      {t("shell.other_language")}
    </Button>
  );
}
