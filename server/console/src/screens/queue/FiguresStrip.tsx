import "./figures.css";
import { CheckCircleFilled, ExclamationCircleFilled } from "@ant-design/icons";
import { Popover } from "antd";
import { useFigures } from "../../api/useFigures";
import { useOfNow } from "../../format/useOfNow";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";
import { Figure } from "./Figure";
import { LawList } from "./LawList";

const OLD_MS = 120_000;

const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, one) => sum + one, 0);

/** The conservation laws as counters: what came in, what became of it, and whether both sides agree; with their moment
 * where counting takes so long that they are not of now. */
export function FiguresStrip() {
  const { t, code } = useSpeech();
  const { data } = useFigures();
  const old = useOfNow((now_ms) => data !== undefined && now_ms - Date.parse(data.counted_at) > OLD_MS);
  if (data === undefined) return <div className="figures" aria-hidden="true" />;
  const broken = data.laws.filter(({ holds }) => !holds).length;
  const parts = (family: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([name, count]) => ({ name: code(family, name), count }));

  return (
    <section className="figures" aria-label={t("figures.label")}>
      <Figure
        name={t("figures.orders")} count={data.work_orders_open}
        parts={[{ name: t("figures.overdue"), count: data.overdue, alarming: data.overdue > 0 }]}
      />
      <Figure
        name={t("figures.cases")} count={data.cases}
        parts={[
          { name: t("figures.open"), count: total(data.cases_open) },
          ...parts("closed", data.cases_closed),
        ]}
      />
      <Figure
        name={t("figures.frames")} count={data.frames_seen}
        parts={["analysed", "skipped", "quarantined"].map((stage) => ({ name: code("stage", stage), count: total(data.frames[stage] ?? {}) }))}
      />
      <Figure name={t("figures.observations")} count={data.observations_received} parts={parts("outcome", data.observations)} />
      <Figure
        name={t("figures.pictures")} count={data.pictures_stored}
        parts={[{ name: t("figures.declared"), count: data.pictures_declared }, { name: t("figures.after"), count: data.after_photos }]}
      />
      {old && <span className="counted">{t("figures.counted")} <Moment at={data.counted_at} /></span>}
      <Popover title={t("figures.laws")} trigger="click" placement="bottomRight" content={<LawList laws={data.laws} />}>
        <button type="button" className={broken === 0 ? "laws" : "laws broken"}>
          {broken === 0 ? <CheckCircleFilled aria-hidden /> : <ExclamationCircleFilled aria-hidden />}
          {broken === 0 ? t("figures.laws_hold", { count: data.laws.length }) : t("figures.laws_broken", { count: broken })}
        </button>
      </Popover>
    </section>
  );
}
