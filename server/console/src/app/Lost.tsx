import { Button, Result } from "antd";
import { Link } from "react-router";
import { useSpeech, useTitle } from "../i18n/language";

export function Lost() {
  const { t } = useSpeech();
  useTitle(t("lost.title"));
  return <Result status="404" title={t("lost.title")} extra={<Link to="/"><Button type="primary">{t("lost.home")}</Button></Link>} />;
}
