import { Button, Result } from "antd";
import { Link } from "react-router";
import { useSpeech } from "../i18n/language";

export function Lost() {
  const { t } = useSpeech();
  return <Result status="404" title={t("lost.title")} extra={<Link to="/"><Button type="primary">{t("lost.home")}</Button></Link>} />;
}
