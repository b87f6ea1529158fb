import type { Followed } from "../../api/types";
import { useReportable } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";

/** What became of a report, in words: closed is never shown as fixed. */
export function Becoming({ one }: { one: Followed }) {
  const { t, code, either } = useSpeech();
  const named = useReportable().data?.items.find(({ key }) => key === one.category);
  return (
    <section className={`card becoming ${one.becoming}`} aria-live="polite">
      <h2>{code("becoming", one.becoming)}</h2>
      {one.becoming === "closed" && one.close_reason !== null && <p>{code("told_closed", one.close_reason)}</p>}
      {one.not_taken !== null && <p>{code("not_taken", one.not_taken)}</p>}
      {one.joined && one.case_number !== null && <p>{t("follow.joined", { number: one.case_number, others: one.others })}</p>}
      <dl className="facts">
        <dt>{t("report.what")}</dt>
        <dd>{named === undefined ? one.category : either(named.zh, named.en)}</dd>
        {one.case_number !== null && (
          <>
            <dt>{t("follow.number")}</dt>
            <dd>{one.case_number}</dd>
          </>
        )}
        <dt>{t("follow.reported")}</dt>
        <dd><Moment at={one.reported_at} /></dd>
        {one.closed_at !== null && (
          <>
            <dt>{code("becoming", one.becoming)}</dt>
            <dd><Moment at={one.closed_at} /></dd>
          </>
        )}
      </dl>
    </section>
  );
}
