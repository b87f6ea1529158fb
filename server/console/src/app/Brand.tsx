import { useSpeech } from "../i18n/language";
import mark from "./mark.svg";

export function Brand() {
  const { t } = useSpeech();
  return (
    <span className="brand">
      <img src={mark} alt="" width={28} height={28} />
      <b>{t("brand.name")}</b>
      <small>{t("brand.other_name")}</small>
    </span>
  );
}
