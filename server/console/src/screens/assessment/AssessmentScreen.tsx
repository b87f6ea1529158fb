import "./assessment.css";
import { Empty, Spin } from "antd";
import { useAssessment } from "../../api/useAssessment";
import { useGround } from "../../api/useGround";
import { useSpeech, useTitle } from "../../i18n/language";
import { Moment } from "../../parts/Moment";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Meaning } from "./Meaning";
import { Shares } from "./Shares";
import { TopLine } from "./TopLine";
import { Trend } from "./Trend";
import { WeekTable } from "./WeekTable";

/** Whether it is getting better, and who is in trouble: how work orders end by week, grid and crew. */
export function AssessmentScreen() {
  const { t } = useSpeech();
  useTitle(t("nav.assessment"));
  const { gridName } = useGround();
  const { data, error, refetch } = useAssessment();
  if (error !== null && data === undefined) return <ProblemNotice error={error} again={() => void refetch()} />;
  if (data === undefined) return <Spin className="whole-page" />;
  const any = data.waiting.open > 0 || data.weeks.some(({ fixed, otherwise }) => fixed + otherwise > 0);
  const grids = data.grids.map((one) => ({ ...one, key: one.grid_id, name: gridName(one.grid_id), asked: { grid: one.grid_id } }));
  const crews = data.crews.map((one) => ({ ...one, key: one.person.id, name: one.person.display, asked: { assignee: one.person.id } }));
  return (
    <section className="assessment" aria-labelledby="assessment-title">
      <h1 id="assessment-title">{t("assessment.title")}</h1>
      <p className="note">{t("assessment.note")} {t("figures.counted")} <Moment at={data.counted_at} /></p>
      {!any ? <Empty className="nothing" description={t("assessment.empty")} /> : (
        <>
          <TopLine told={data} />
          <section className="card" aria-labelledby="assessment-weeks">
            <h2 id="assessment-weeks">{t("assessment.by_week")}</h2>
            <Trend weeks={data.weeks} />
            <details>
              <summary>{t("assessment.as_table")}</summary>
              <WeekTable weeks={data.weeks} />
            </details>
          </section>
          <Shares id="assessment-grids" title={t("assessment.by_grid")} of={t("case.grid")} shares={grids} />
          <Shares id="assessment-crews" title={t("assessment.by_crew")} of={t("order.crew")} shares={crews} />
          <Meaning />
        </>
      )}
    </section>
  );
}
