import { useSpeech } from "../i18n/language";

export function Brand() {
  const { t } = useSpeech();
  return (
    <span className="brand">
      <img src="./mark.svg" alt="" width={28} height={28} />
      <b>{t("brand.name")}</b>
      <small>{t("brand.other_name")}</small>
    </span>
  );
}
