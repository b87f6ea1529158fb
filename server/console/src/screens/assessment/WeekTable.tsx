import type { Week } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { dayText, hoursText, shareText } from "./figures";

/** What the bars show, in figures, the newest week first. */
export function WeekTable({ weeks }: { weeks: readonly Week[] }) {
  const { t, language } = useSpeech();
  return (
    <div className="table-frame" role="region" aria-labelledby="assessment-weeks" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("assessment.week")}</th>
            <th scope="col" className="count">{t("assessment.fixed")}</th>
            <th scope="col" className="count">{t("assessment.late")}</th>
            <th scope="col" className="count">{t("assessment.on_time")}</th>
            <th scope="col" className="count">{t("assessment.median")}</th>
            <th scope="col" className="count">{t("assessment.sent_back")}</th>
            <th scope="col" className="count">{t("assessment.otherwise")}</th>
          </tr>
        </thead>
        <tbody>
          {[...weeks].reverse().map((week) => (
            <tr key={week.begins}>
              <th scope="row"><time dateTime={week.begins}>{dayText(week.begins, language)}</time></th>
              <td className="count" data-label={t("assessment.fixed")}>{week.fixed}</td>
              <td className="count" data-label={t("assessment.late")}>{week.fixed - week.on_time}</td>
              <td className="count" data-label={t("assessment.on_time")}>{shareText(week.on_time_share, language)}</td>
              <td className="count" data-label={t("assessment.median")}>{hoursText(week.median_h, language)}</td>
              <td className="count" data-label={t("assessment.sent_back")}>{week.sent_back}</td>
              <td className="count" data-label={t("assessment.otherwise")}>{week.otherwise}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
