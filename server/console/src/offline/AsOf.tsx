import { Alert } from "antd";
import { isAway } from "../api/problem";
import { useSpeech } from "../i18n/language";
import { Moment } from "../parts/Moment";

/** Of when it is what a screen shows, where the server cannot be reached to say what is so now. */
export function AsOf({ shown }: { shown: { error: unknown; data: unknown; dataUpdatedAt: number } }) {
  const { t } = useSpeech();
  const { error, data, dataUpdatedAt } = shown;
  if (data === undefined || !isAway(error)) return null;
  return <Alert type="warning" showIcon title={<>{t("offline.as_of")} <Moment at={new Date(dataUpdatedAt).toISOString()} /></>} />;
}
