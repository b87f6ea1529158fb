import type { Week } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { hoursText, shareText } from "./figures";

/** Above `PaceCells`. */
export function PaceHeads() {
  const { t } = useSpeech();
  return (
    <>
      <th scope="col" className="count">{t("assessment.late")}</th>
      <th scope="col" className="count">{t("assessment.on_time")}</th>
      <th scope="col" className="count">{t("assessment.median")}</th>
      <th scope="col" className="count">{t("assessment.sent_back")}</th>
    </>
  );
}

/** How the orders that were fixed ended, a cell a figure. */
export function PaceCells({ of }: { of: Pick<Week, "fixed" | "on_time" | "on_time_share" | "median_h" | "sent_back"> }) {
  const { t, language } = useSpeech();
  return (
    <>
      <td className="count" data-label={t("assessment.late")}>{of.fixed - of.on_time}</td>
      <td className="count" data-label={t("assessment.on_time")}>{shareText(of.on_time_share, language)}</td>
      <td className="count" data-label={t("assessment.median")}>{hoursText(of.median_h, language)}</td>
      <td className="count" data-label={t("assessment.sent_back")}>{of.sent_back}</td>
    </>
  );
}
