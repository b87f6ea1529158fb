import { Link } from "react-router";
import type { Assessment, Week } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { hoursText, ordersAt, shareText } from "./figures";

const NO_WEEK: Pick<Week, "fixed" | "on_time_share" | "median_h" | "sent_back"> = { fixed: 0, on_time_share: null, median_h: null, sent_back: 0 };

/** This week so far beside the one before. */
export function TopLine({ told: { weeks, waiting, overdue_a_week_ago } }: { told: Assessment }) {
  const { t, language } = useSpeech();
  const now = weeks.at(-1) ?? NO_WEEK;
  const before = weeks.at(-2) ?? NO_WEEK;
  const ofFixed = ({ fixed }: { fixed: number }) => t("assessment.of_fixed", { count: fixed });
  return (
    <dl className="top-line">
      <div>
        <dt>{t("assessment.on_time")}</dt>
        <dd><b>{shareText(now.on_time_share, language)}</b> {ofFixed(now)}</dd>
        <dd>{t("assessment.last_week")} {shareText(before.on_time_share, language)} · {ofFixed(before)}</dd>
      </div>
      <div>
        <dt>{t("assessment.median")}</dt>
        <dd><b>{hoursText(now.median_h, language)}</b> {ofFixed(now)}</dd>
        <dd>{t("assessment.last_week")} {hoursText(before.median_h, language)} · {ofFixed(before)}</dd>
      </div>
      <div>
        <dt>{t("assessment.overdue")}</dt>
        <dd>
          <Link className={waiting.overdue > 0 ? "late" : undefined} to={ordersAt({ which: "overdue" })}>
            <b>{waiting.overdue}</b> {t("assessment.of_open", { count: waiting.open })}
          </Link>
          {waiting.in_review > 0 && <> · {t("assessment.in_review", { count: waiting.in_review })}</>}
        </dd>
        <dd>{t("assessment.a_week_ago")} {overdue_a_week_ago}</dd>
      </div>
      <div>
        <dt>{t("assessment.sent_back")}</dt>
        <dd><b>{now.sent_back}</b> {ofFixed(now)}</dd>
        <dd>{t("assessment.last_week")} {before.sent_back} · {ofFixed(before)}</dd>
      </div>
    </dl>
  );
}
