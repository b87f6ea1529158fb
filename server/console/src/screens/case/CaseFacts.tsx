import { Link } from "react-router";
import type { CaseDetail } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";
import { Sources } from "./Sources";

export function CaseFacts({ one }: { one: CaseDetail }) {
  const { t, code } = useSpeech();
  const { gridName } = useGround();
  return (
    <section className="card">
      <h2>{t("case.facts")}</h2>
      <dl className="facts">
        <dt>{t("case.grid")}</dt>
        <dd>{one.grid_id === null ? t("grid.none") : gridName(one.grid_id)}</dd>
        {one.owner !== null && (
          <>
            <dt>{t("case.owner")}</dt>
            <dd>{one.owner.person?.display ?? code("owner", one.owner.kind)}</dd>
          </>
        )}
        <dt>{t("case.first_seen")}</dt>
        <dd><Moment at={one.first_seen_at} /></dd>
        <dt>{t("case.last_seen")}</dt>
        <dd><Moment at={one.last_seen_at} /></dd>
        <dt>{t("case.seen")}</dt>
        <dd>{t("queue.seen", { sightings: one.sightings, passes: one.passes })}</dd>
        <dt>{t("case.sources")}</dt>
        <dd><Sources sources={one.sources} /></dd>
        <dt>{t("case.worth")}</dt>
        <dd>{one.worth.toFixed(2)}</dd>
        {one.closed_at !== null && (
          <>
            <dt>{t("case.closed")}</dt>
            <dd><Moment at={one.closed_at} /></dd>
          </>
        )}
        {one.merged_into !== null && (
          <>
            <dt>{code("closed", "merged")}</dt>
            <dd><Link to={`/cases/${one.merged_into}`}>{t("case.merged_into")}</Link></dd>
          </>
        )}
        {one.recurs_of !== null && (
          <>
            <dt>{t("case.recurs")}</dt>
            <dd><Link to={`/cases/${one.recurs_of}`}>{t("case.recurs_of")}</Link></dd>
          </>
        )}
      </dl>
    </section>
  );
}
