import type { Week } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { dayText } from "./figures";
import { PaceCells, PaceHeads } from "./PaceCells";

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
            <PaceHeads />
            <th scope="col" className="count">{t("assessment.otherwise")}</th>
          </tr>
        </thead>
        <tbody>
          {[...weeks].reverse().map((week) => (
            <tr key={week.begins}>
              <th scope="row"><time dateTime={week.begins}>{dayText(week.begins, language)}</time></th>
              <td className="count" data-label={t("assessment.fixed")}>{week.fixed}</td>
              <PaceCells of={week} />
              <td className="count" data-label={t("assessment.otherwise")}>{week.otherwise}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
